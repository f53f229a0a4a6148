import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AnyEl, Extra } from '../../packages/guest-config/src/dsl/el.ts';
import { printedName } from '../../packages/guest-config/src/dsl/name.ts';
import {
  build,
  Capabilities,
  check,
  Domain,
  DomainCapabilities,
  DomainSnapshot,
  GuestConfigError,
  Network,
  NetworkFilter,
  parse,
  SecretDefinition,
  StoragePool,
  StorageVolume,
  type XNode,
} from '../../packages/guest-config/src/index.ts';
import { isBlank, toXNode } from '../../packages/guest-config/src/xml/node.ts';
import { readXml } from '../../packages/guest-config/src/xml/read-xml.ts';
import { corpusDirectory, printedByLibvirt, reasonForOrder } from '../../packages/guest-config/test/corpus.ts';
import { edgeCases, edgeOutcome } from '../../packages/guest-config/test/edge-cases.ts';
import { firstXmlDifference } from '../../packages/guest-config/test/same-xml.ts';
import { type CaseVerdict, report, type Verdict } from './report.ts';

/** Folders with documents of these elements. */
const folders: Readonly<Record<string, readonly AnyEl[]>> = {
  domain: [Domain],
  domcaps: [DomainCapabilities],
  capabilities: [Capabilities],
  more: [Network, NetworkFilter, SecretDefinition, DomainSnapshot, StoragePool, StorageVolume],
};

/** Elements, attributes and texts of documents, and how many of them are in typed fields. */
interface Coverage {
  all: number;
  untyped: number;
}

/**
 * Reads every document of libvirt's corpus (`--dir`), writes what becomes of it below `--out` under the same name, and
 * prints how much of it typed fields hold. Those that libvirt printed keep their order. Edge cases are judged by what
 * libxml2 makes of them; documents that libvirt's grammar refuses have to be refused or reported, and are not lost.
 */
export async function run(args: readonly string[]): Promise<number> {
  const directory = option(args, '--dir') ?? corpusDirectory;
  const out = option(args, '--out');
  const coverage = new Map<string, Coverage>();
  return report(verdicts(directory, out, coverage));
}

async function* verdicts(directory: string, out: string | undefined, coverage: Map<string, Coverage>) {
  const printed = existsSync(join(directory, 'manifest.json')) ? printedByLibvirt(directory) : new Set<string>();
  for (const [folder, els] of Object.entries(folders)) {
    if (existsSync(join(directory, folder))) yield* documents({ directory, folder, els, printed, out, coverage });
  }
  if (existsSync(join(directory, 'domain-invalid'))) yield* invalid(directory);
  if (existsSync(join(directory, 'edge/cases.json'))) yield* edges(directory, out);
  for (const [kind, { all, untyped }] of coverage) {
    console.log(`typed coverage of ${kind}: ${percent(all - untyped, all)} of ${all} occurrences, ${untyped} untyped`);
  }
}

interface Batch {
  readonly directory: string;
  readonly folder: string;
  readonly els: readonly AnyEl[];
  readonly printed: ReadonlySet<string>;
  readonly out: string | undefined;
  readonly coverage: Map<string, Coverage>;
}

async function* documents({ directory, folder, els, printed, out, coverage }: Batch): AsyncIterable<CaseVerdict> {
  for await (const [name, xml] of xmlFiles(join(directory, folder))) {
    const id = `${folder}/${name}`;
    const el = els.length === 1 ? els[0] : els.find((one) => printedName(one.name) === rootOf(xml));
    if (!el) throw new Error(`${id} has the root <${rootOf(xml)}>, which is none of this folder`);
    const kind = els.length === 1 ? folder : rootOf(xml);
    const counts = coverage.get(kind) ?? { all: 0, untyped: 0 };
    coverage.set(kind, counts);
    const { verdict, rebuilt } = roundTrip(el, xml, counts, printed.has(id));
    if (out !== undefined && rebuilt !== undefined) await write(join(out, id), rebuilt);
    yield { id, verdict };
  }
}

function rootOf(xml: string): string {
  return /<([A-Za-z]\w*)[\s/>]/.exec(xml.replace(/<!--[^]*?-->/g, ''))?.[1] ?? '';
}

async function* invalid(directory: string): AsyncIterable<CaseVerdict> {
  for await (const [name, xml] of xmlFiles(join(directory, 'domain-invalid'))) {
    yield { id: `domain-invalid/${name}`, verdict: invalidVerdict(xml) };
  }
}

function invalidVerdict(xml: string): Verdict {
  if (check(Domain, xml).length === 0) return { status: 'failed', difference: 'nothing is reported' };
  const { verdict, refused } = roundTrip(Domain, xml, { all: 0, untyped: 0 }, false);
  return refused?.line === undefined ? verdict : { status: 'passed' };
}

async function* xmlFiles(directory: string): AsyncIterable<readonly [name: string, xml: string]> {
  const names = await readdir(directory);
  for (const name of names.filter((one) => one.endsWith('.xml')).sort()) {
    yield [name, await readFile(join(directory, name), 'utf8')];
  }
}

async function* edges(directory: string, out: string | undefined): AsyncIterable<CaseVerdict> {
  for (const one of edgeCases(directory)) {
    const { difference, rebuilt } = edgeOutcome(one);
    if (out !== undefined && rebuilt !== undefined) await write(join(out, 'edge', `${one.name}.xml`), rebuilt);
    yield { id: `edge/${one.name}`, verdict: verdictOf(difference) };
  }
}

interface Outcome {
  readonly verdict: Verdict;
  readonly rebuilt?: string;
  readonly refused?: GuestConfigError;
}

function roundTrip(el: AnyEl, xml: string, counts: Coverage, strictOrder: boolean): Outcome {
  try {
    counts.all += occurrences(toXNode(readXml(xml).root));
    const value = parse(el, xml);
    counts.untyped += untypedIn(value);
    const rebuilt = build(el, value);
    const difference = firstXmlDifference(xml, rebuilt);
    if (difference !== undefined || !strictOrder) return { verdict: verdictOf(difference), rebuilt };
    return { verdict: orderVerdict(firstXmlDifference(xml, rebuilt, { strictOrder })), rebuilt };
  } catch (error) {
    if (!(error instanceof GuestConfigError)) throw error;
    return { verdict: { status: 'failed', difference: error.message }, refused: error };
  }
}

/** Of a document that is equal but for the order of children, if anything. */
function orderVerdict(difference: string | undefined): Verdict {
  const rule = difference === undefined ? undefined : reasonForOrder(difference);
  return rule === undefined ? verdictOf(difference) : { status: 'excepted', rule };
}

function verdictOf(difference: string | undefined): Verdict {
  return difference === undefined ? { status: 'passed' } : { status: 'failed', difference };
}

/** The occurrences in a value that no typed field holds. */
function untypedIn(value: unknown): number {
  if (Array.isArray(value)) return sum(value.map(untypedIn));
  if (typeof value !== 'object' || value === null) return 0;
  if (isKept(value)) return occurrences(value);
  return sum(
    Object.entries(value).map(([field, inner]) => (field === '$extra' ? inExtra(inner as Extra) : untypedIn(inner))),
  );
}

/**
 * Whether it is an element of foreign metadata. Of typed values none has attributes, children or namespaces as such.
 */
function isKept(value: object): value is XNode {
  return 'name' in value && ('attrs' in value || 'kids' in value || 'ns' in value);
}

function inExtra({ attrs = {}, kids = [], text = '', inLeaf = {} }: Extra): number {
  const inside = sum(kids.map(occurrences)) + sum(Object.values(inLeaf).map(inExtra));
  return Object.keys(attrs).length + inside + (isBlank(text) ? 0 : 1);
}

/** Elements, attributes and texts other than white space. Namespace declarations are not attributes. */
function occurrences({ attrs = {}, kids = [] }: XNode): number {
  const own = Object.keys(attrs).filter((attribute) => !/^xmlns(:|$)/.test(attribute)).length;
  const text = kids.filter((kid) => typeof kid === 'string').join('');
  return 1 + own + (isBlank(text) ? 0 : 1) + sum(kids.map((kid) => (typeof kid === 'string' ? 0 : occurrences(kid))));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function percent(part: number, all: number): string {
  return all === 0 ? 'none' : `${((100 * part) / all).toFixed(3)} %`;
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

function option(args: readonly string[], name: string): string | undefined {
  const at = args.indexOf(name);
  return at < 0 ? undefined : args[at + 1];
}
