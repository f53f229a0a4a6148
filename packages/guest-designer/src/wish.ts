import { DesignerError } from './errors.ts';
import type { GuestPolicy } from './guest-policy.ts';

/** `1`, `t`, `true`, `on`, `y`, `yes` in any case are true, all else is false, as Nova reads extra specs. */
export function flavorBoolean(text: string): boolean {
  return ['1', 't', 'true', 'on', 'y', 'yes'].includes(text.trim().toLowerCase());
}

/** A whole number of the flavor's extra specs; undefined when the flavor does not say. Throws `INVALID_EXTRA_SPEC`. */
export function flavorInteger({ flavor }: GuestPolicy, key: string): number | undefined {
  const text = flavor.extraSpecs[key];
  if (text === undefined) return undefined;
  const value = /^\s*[+-]?\d+\s*$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw invalidExtraSpec(key, text, 'a whole number');
}

/** Like {@link flavorInteger}, from 0. */
export function flavorCount(policy: GuestPolicy, key: string): number | undefined {
  const value = flavorInteger(policy, key);
  if (value === undefined || value >= 0) return value;
  throw invalidExtraSpec(key, String(value), 'a whole number from 0');
}

/** What flavor and image wish, which must not contradict each other. Throws `FLAVOR_IMAGE_CONFLICT`. */
export function agreedWish<Value extends string | boolean>(
  key: string,
  ofFlavor: Value | undefined,
  ofImage: Value | undefined,
): Value | undefined {
  if (ofFlavor === undefined || ofImage === undefined || ofFlavor === ofImage) return ofFlavor ?? ofImage;
  throw new DesignerError(
    'FLAVOR_IMAGE_CONFLICT',
    `The flavor's extra spec ${key} says "${ofFlavor}" and the image's property ${key.replace(':', '_')} says "${ofImage}".`,
    { context: { key, flavor: ofFlavor, image: ofImage }, fix: 'Remove one of them, or make them equal.' },
  );
}

/** Like {@link agreedWish}, for a yes or no under the same name in flavor (`hw:pmu`) and image. */
export function agreedBoolean(
  { flavor }: Pick<GuestPolicy, 'flavor'>,
  key: string,
  ofImage: boolean | undefined,
): boolean | undefined {
  const text = flavor.extraSpecs[key];
  return agreedWish(key, text === undefined ? undefined : flavorBoolean(text), ofImage);
}

/** The error of an extra spec without the form or value that it needs. */
export function invalidExtraSpec(key: string, value: string, expected: string): DesignerError {
  return new DesignerError(
    'INVALID_EXTRA_SPEC',
    `The flavor's extra spec ${key} is "${value}", expected ${expected}.`,
    {
      context: { key, value, expected },
      fix: 'Correct the extra spec, or remove it from the flavor.',
    },
  );
}
