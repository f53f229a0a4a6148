/**
 * Prints the declarations that the inventory of libvirt's RelaxNG schema suggests for the elements below a path:
 * `node tooling/guest-config/suggest.ts INVENTORY.json /domain/cputune`. Without a path, for all that the schema of
 * guest-config lacks. Names and unions are then curated by hand.
 */
import { readFileSync } from 'node:fs';
import { Domain } from '../../packages/guest-config/src/index.ts';
import { schemaPaths } from '../../packages/guest-config/test/schema-paths.ts';

interface Entry {
  readonly kind: 'element' | 'attr' | 'text';
  readonly required?: boolean;
  readonly repeat?: boolean;
  readonly type?: string;
  readonly values?: readonly string[];
  readonly rng?: readonly string[];
  readonly discriminators?: Readonly<Record<string, readonly (readonly string[])[]>>;
  readonly childOrder?: readonly string[];
  readonly recursive?: unknown;
  readonly count?: number;
}

const [file = '', ...roots] = process.argv.slice(2);
const inventory = JSON.parse(readFileSync(file, 'utf8')) as { schemaPaths: Readonly<Record<string, Entry>> };
const paths = inventory.schemaPaths;
const below = new Map<string, string[]>();
for (const path of Object.keys(paths)) {
  const cut = path.lastIndexOf('/');
  below.set(path.slice(0, cut), [...(below.get(path.slice(0, cut)) ?? []), path.slice(cut + 1)]);
}
for (const root of roots) console.log(declaration(root, ''));
if (roots.length === 0) for (const path of missing()) console.log(`${path}: ${suggestion(path)}`);

/** Paths that the schema lacks, but for those inside another one that it lacks. */
function missing(): readonly string[] {
  const ours = schemaPaths(Domain);
  const absent = Object.keys(paths).filter((path) => !ours.has(path));
  return absent.filter((path) => !absent.some((other) => path.startsWith(`${other}/`)));
}

function suggestion(path: string): string {
  const cut = path.lastIndexOf('/');
  return field(path.slice(0, cut), path.slice(cut + 1), '');
}

/** `el('name', { … })` with its children inside it. */
function declaration(path: string, indent: string): string {
  const entry = paths[path];
  const name = path.slice(path.lastIndexOf('/') + 1);
  const lines = names(path).map((child) => `${indent}  ${fieldName(child)}: ${field(path, child, `${indent}  `)},`);
  const choice = entry?.discriminators ? ` /* union by ${JSON.stringify(entry.discriminators)} */` : '';
  const again = entry?.recursive ? ` /* recursive: ${JSON.stringify(entry.recursive)} */` : '';
  return `el(${tag(name)}, {${choice}${again}\n${lines.join('\n')}\n${indent}})`;
}

/** Attributes, text, then children as libvirt prints them. */
function names(path: string): readonly string[] {
  const all = below.get(path) ?? [];
  const order = paths[path]?.childOrder ?? [];
  const rank = (name: string) =>
    name.startsWith('@') ? -2 : name === 'text()' ? -1 : order.includes(name) ? order.indexOf(name) : order.length;
  return [...all].sort((a, b) => rank(a) - rank(b));
}

function field(parent: string, name: string, indent: string): string {
  const path = `${parent}/${name}`;
  const entry = paths[path];
  if (!entry) return '';
  const required = entry.required ?? false;
  if (name.startsWith('@')) return optional(`attr('${name.slice(1)}', ${codec(entry)})`, required);
  if (name === 'text()') return optional(`text(${codec(entry)})`, required);
  const children = below.get(path) ?? [];
  if (children.length === 0 && !entry.recursive) return `flag(${tag(name)})`;
  const text = paths[`${path}/text()`];
  if (children.length === 1 && text && !entry.recursive) {
    const of = `(${tag(name)}, ${codec(text)})`;
    return entry.repeat ? `leaves${of}` : optional(`leaf${of}`, required);
  }
  const inner = declaration(path, indent);
  return entry.repeat ? `kids(${inner})` : optional(`kid(${inner})`, required);
}

function optional(text: string, required: boolean): string {
  return required ? text : `opt(${text})`;
}

function codec({ type = 'string', values, rng = [] }: Entry): string {
  const words = (values ?? []).map((word) => `'${word}'`).join(', ');
  if (type === 'enum' || type === 'const') return words ? `oneOf(${words})` : 'str';
  if (type === 'hex')
    return `hex(${rng.some((one) => one.includes('Domain')) ? 4 : rng.some((one) => /Bus|Slot|uint8/i.test(one)) ? 2 : 1})`;
  if (type === 'bytes' || rng.includes('unsignedLong')) return 'u64';
  return ['uint', 'int', 'uuid', 'cpuset', 'yesNo', 'onOff'].includes(type) ? type : 'str';
}

function fieldName(name: string): string {
  const plain = name
    .replace(/^@/, '')
    .replace('text()', 'value')
    .replace(/^[a-z]+:/, '');
  return plain.replace(/[-_](\w)/g, (_, letter: string) => letter.toUpperCase());
}

function tag(name: string): string {
  const [prefix, local] = name.split(':');
  return local ? `${prefix}('${local}')` : `'${name}'`;
}
