import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AnyEl, Extra } from '../../packages/guest-config/src/dsl/el.ts';
import {
  build,
  Capabilities,
  Domain,
  DomainCapabilities,
  GuestConfigError,
  parse,
  type XNode,
} from '../../packages/guest-config/src/index.ts';
import { isBlank, toXNode } from '../../packages/guest-config/src/xml/node.ts';
import { readXml } from '../../packages/guest-config/src/xml/read-xml.ts';
import { corpusDirectory } from '../../packages/guest-config/test/corpus.ts';
import { edgeCases, edgeOutcome } from '../../packages/guest-config/test/edge-cases.ts';
import { firstXmlDifference } from '../../packages/guest-config/test/same-xml.ts';
import { type CaseVerdict, report, type Verdict } from './report.ts';

const folders: Readonly<Record<string, AnyEl>> = {
  domain: Domain,
  domcaps: DomainCapabilities,
  capabilities: Capabilities,
};

/** Elements, attributes and texts of documents, and how many of them are in typed fields. */
interface Coverage {
  all: number;
  untyped: number;
}

/**
 * Reads every document of libvirt's corpus (`--dir`), writes what becomes of it below `--out` under the same name, and
 * prints how much of it typed fields hold. Edge cases are judged by what libxml2 makes of them.
 */
export async function run(args: readonly string[]): Promise<number> {
  const directory = option(args, '--dir') ?? corpusDirectory;
  const out = option(args, '--out');
  const coverage = new Map<string, Coverage>();
  return report(verdicts(directory, out, coverage));
}

async function* verdicts(directory: string, out: string | undefined, coverage: Map<string, Coverage>) {
  for (const [folder, el] of Object.entries(folders)) {
    if (existsSync(join(directory, folder))) yield* documents(directory, folder, el, out, coverage);
  }
  if (existsSync(join(directory, 'edge/cases.json'))) yield* edges(directory, out);
  for (const [folder, { all, untyped }] of coverage) {
    console.log(
      `typed coverage of ${folder}: ${percent(all - untyped, all)} of ${all} occurrences, ${untyped} untyped`,
    );
  }
}

async function* documents(
  directory: string,
  folder: string,
  el: AnyEl,
  out: string | undefined,
  coverage: Map<string, Coverage>,
): AsyncIterable<CaseVerdict> {
  const counts = { all: 0, untyped: 0 };
  coverage.set(folder, counts);
  const names = await readdir(join(directory, folder));
  for (const name of names.filter((one) => one.endsWith('.xml')).sort()) {
    const xml = await readFile(join(directory, folder, name), 'utf8');
    const { verdict, rebuilt } = roundTrip(el, xml, counts);
    if (out !== undefined && rebuilt !== undefined) await write(join(out, folder, name), rebuilt);
    yield { id: `${folder}/${name}`, verdict };
  }
}

async function* edges(directory: string, out: string | undefined): AsyncIterable<CaseVerdict> {
  for (const one of edgeCases(directory)) {
    const { difference, rebuilt } = edgeOutcome(one);
    if (out !== undefined && rebuilt !== undefined) await write(join(out, 'edge', `${one.name}.xml`), rebuilt);
    yield { id: `edge/${one.name}`, verdict: verdictOf(difference) };
  }
}

function roundTrip(el: AnyEl, xml: string, counts: Coverage): { verdict: Verdict; rebuilt?: string } {
  try {
    counts.all += occurrences(toXNode(readXml(xml).root));
    const value = parse(el, xml);
    counts.untyped += untypedIn(value);
    const rebuilt = build(el, value);
    return { verdict: verdictOf(firstXmlDifference(xml, rebuilt)), rebuilt };
  } catch (error) {
    if (!(error instanceof GuestConfigError)) throw error;
    return { verdict: { status: 'failed', difference: error.message } };
  }
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
