import fc from 'fast-check';
import type { Codec } from '../src/dsl/codec.ts';
import type { AnyEl } from '../src/dsl/el.ts';
import { type Plan, type PlannedField, planOf } from '../src/dsl/plan.ts';

/** How deep elements lie that get optional fields; below, only what they must have. */
const OPTIONAL_DEPTH = 2;

/** Text with all that XML treats specially. */
export const xmlText = fc.string({
  unit: fc.oneof(
    fc.constantFrom('&', '<', '>', '"', "'", '\t', '\n', '\r', ' ', ']]>', '&amp;', '&#10;', '-->', '\u0085'),
    fc.constantFrom('a', 'Z', '0', ':', '/', '{', 'é', '漢', '\u{1F600}', '\uFFFD'),
  ),
  maxLength: 12,
});
/** Text that is not white space alone. */
const visibleText = xmlText.map((text) => `${text}x`);

/** Any value of an element, from its declaration alone. */
export function arbitraryValue(el: AnyEl, depth = 0): fc.Arbitrary<object> {
  const planned = planOf(el);
  if (planned.kind === 'shape') return fields(planned.plan, depth);
  const variants = [...planned.variants].map(([word, plan]) =>
    fields(plan, depth).map((value) => ({ ...value, [planned.discriminant]: word })),
  );
  const otherwise = planned.otherwise ? [fields(planned.otherwise, depth)] : [];
  return fc.oneof(...variants, ...otherwise);
}

function fields({ fields, required }: Plan, depth: number): fc.Arbitrary<object> {
  const chosen = depth < OPTIONAL_DEPTH ? fields : required;
  const model = Object.fromEntries(chosen.map((field) => [field.field, fieldValue(field, depth)]));
  return fc.record(model, { requiredKeys: required.map(({ field }) => field) });
}

function fieldValue(field: PlannedField, depth: number): fc.Arbitrary<unknown> {
  if (field.kind === 'attr' || field.kind === 'leaf') return codecValue(field.codec);
  if (field.kind === 'text') return codecValue(field.codec, visibleText);
  if (field.kind === 'leaves') return fc.array(codecValue(field.codec), { minLength: 1, maxLength: 3 });
  if (field.kind === 'flag') return fc.constant(true);
  if (field.kind === 'foreign') return fc.constant([foreignNode]);
  const kid = arbitraryValue(field.el, depth + 1);
  return field.kind === 'kid' ? kid : fc.array(kid, { minLength: 1, maxLength: 2 });
}

const foreignNode = { name: 'x:note', attrs: { 'xmlns:x': 'urn:x', at: '1' }, kids: ['said & done'] };

const numbers = new Map<string, fc.Arbitrary<unknown>>([
  ['a whole number from 0 to 2^53 - 1', fc.maxSafeNat()],
  ['a whole number', fc.maxSafeInteger()],
  ['a whole number of 64 bits (bigint)', fc.bigInt(0n, 2n ** 64n - 1n)],
  ['a number', fc.integer({ min: -9999, max: 9999 }).map((value) => value / 100)],
  ['a number such as 0x1f', fc.maxSafeNat()],
  ['a number of 64 bits such as 0x1f (bigint)', fc.bigInt(0n, 2n ** 64n - 1n)],
  ['a UUID', fc.uuid()],
  ['a whole number of seconds, or reset', fc.oneof(fc.maxSafeInteger(), fc.constant('reset'))],
]);

/** Texts of a form. */
const forms: ReadonlyMap<string, readonly string[]> = new Map([
  ['an absolute path', ['/', '/a b/c&d']],
  ['one to four port numbers such as 1.2', ['1', '1.2.3.4']],
  ['one to eight letters, digits, points or blanks', ['SYSTEM1', 'a. b']],
]);

/** Any value of a codec; told from how it names its form, since a codec has no other description of itself. */
function codecValue(codec: Codec<unknown>, text: fc.Arbitrary<string> = xmlText): fc.Arbitrary<unknown> {
  const { expected, closed } = codec;
  const number = numbers.get(expected);
  if (number) return number;
  const [, max] = /, at most (\d+)$/.exec(expected) ?? [];
  if (max !== undefined) return fc.nat(Math.min(Number(max), 0x7fff_ffff));
  const words = forms.get(expected);
  if (words) return fc.constantFrom(...words);
  if (['yes, no', 'on, off', 'true, false'].includes(expected)) return fc.boolean();
  if (closed) return fc.constantFrom(...expected.split(', '));
  if (expected.startsWith('a MAC address')) return macAddress;
  if (expected.startsWith('numbers below')) return cpuNumbers;
  if (codec.parse('any text') === 'any text') return text;
  throw new TypeError(`no arbitrary value for a codec of the form "${expected}"`);
}

const macAddress = fc
  .array(fc.integer({ min: 0, max: 255 }), { minLength: 6, maxLength: 6 })
  .map((bytes) => bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':'));

/** Sets of CPUs, ascending as they are read. */
export const cpuNumbers = fc
  .uniqueArray(fc.integer({ min: 0, max: 300 }), { maxLength: 20 })
  .map((cpus) => cpus.toSorted((a, b) => a - b));
