import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, Domain, parse } from '../../packages/guest-config/src/index.ts';
import { corpusDocuments, fixtures, hasCorpus } from '../../packages/guest-config/test/corpus.ts';
import type { BenchOptions, Figure, Report } from './report.ts';
import { timing } from './statistics.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'packages/guest-config');
const DEFAULT_ROUNDS = 15;
/** Rounds before any counts: the compiler has settled then. */
const WARM_UP = 3;
const COLD_STARTS = 15;

// The very libraries of the package, in the form that it loads them.
const load = createRequire(join(folder, 'src/index.ts'));
const xml = load('fast-xml-parser') as {
  readonly XMLParser: new (options: object) => { parse(text: string): readonly FxpNode[] };
  readonly XMLValidator: { validate(text: string): unknown };
};
const builder = load('xmlbuilder2') as { create(): Builder };
const parser = new xml.XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: false,
  jPath: false,
});

/**
 * Reading and writing all of libvirt's own domains, beside the floor of the two libraries that do it: validate, parse in
 * order, one `ele` per element, `end`. Beside libvirt-go-xml, too, where there is Go with that module. Then how long it takes
 * a new process to load the read path of the built package.
 */
export function run({ rounds = DEFAULT_ROUNDS }: BenchOptions): Promise<Report> {
  return Promise.resolve(measure(rounds));
}

function measure(rounds: number): Report {
  const documents = documentsAtHand();
  const values = documents.map((document) => parse(Domain, document));
  const cases = {
    ours: () => documents.forEach((document) => build(Domain, parse(Domain, document))),
    floor: () => documents.forEach(readAndWrite),
    parse: () => documents.forEach((document) => parse(Domain, document)),
    build: () => values.forEach((value) => build(Domain, value)),
  };
  const perSecond = interleaved(cases, rounds, documents.length);
  const go = besideGo(documents);
  const figure = (what: string, ours: number): Figure => ({ what, unit: 'a second', ours: { median: ours } });
  const both = figure('read and written', perSecond.ours);
  const libraries = { name: 'the two libraries that do it, alone', theirs: { median: perSecond.floor } };
  return {
    what:
      `${documents.length} domains of ${hasCorpus('domain') ? 'libvirt’s own tests' : 'the package'}: documents per second of CPU time. ` +
      `${rounds} interleaved rounds, medians.`,
    figures: [
      { ...both, peer: libraries },
      ...(typeof go === 'number' ? [{ ...both, peer: { name: 'libvirt-go-xml', theirs: { median: go } } }] : []),
      figure('read', perSecond.parse),
      figure('written', perSecond.build),
      { what: 'import of the read path, cold', unit: 'ms', ours: coldImport() },
    ],
    ...(typeof go === 'string' && { notes: [`libvirt-go-xml is ${go}.`] }),
  };
}

function documentsAtHand(): readonly string[] {
  if (hasCorpus('domain')) return [...corpusDocuments('domain').values()];
  return [...fixtures().values()].filter((text) => /^<domain\s/.test(text));
}

/** Documents a second of each case: CPU time of this process, so that others on the machine count little. */
function interleaved<Name extends string>(
  cases: Readonly<Record<Name, () => void>>,
  rounds: number,
  count: number,
): Record<Name, number> {
  const names = Object.keys(cases) as Name[];
  const times = new Map(names.map((name) => [name, [] as number[]]));
  for (let index = 0; index < rounds + WARM_UP; index++) {
    for (const name of index % 2 === 0 ? names : names.toReversed()) {
      const took = cpuMs(cases[name]);
      if (index >= WARM_UP) times.get(name)?.push(took);
    }
  }
  const rate = (name: Name) => Math.round((count * 1000) / timing(times.get(name) ?? []).median);
  return Object.fromEntries(names.map((name) => [name, rate(name)])) as Record<Name, number>;
}

function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** What the two libraries do alone, with the options that are fastest and lose nothing. */
function readAndWrite(document: string): void {
  if (xml.XMLValidator.validate(document) !== true) throw new Error('the validator refuses a document of libvirt');
  const target = builder.create();
  add(target, parser.parse(document));
  target.end({ headless: true, prettyPrint: true });
}

type FxpNode = Readonly<Record<string, readonly FxpNode[] | string | Readonly<Record<string, string>>>>;

interface Builder {
  ele(name: string, attributes: Readonly<Record<string, string>>): Builder;
  txt(text: string): unknown;
  end(options: object): string;
}

function add(parent: Builder, nodes: readonly FxpNode[]): void {
  for (const node of nodes) {
    const [name = ''] = Object.keys(node);
    const inside = node[name];
    if (typeof inside === 'string') {
      if (/\S/.test(inside)) parent.txt(inside);
    } else add(parent.ele(name, (node[':@'] ?? {}) as Record<string, string>), inside as readonly FxpNode[]);
  }
}

/**
 * libvirt-go-xml on the same documents, or why not. `SPAWNKIT_GO` names another `go`, `SPAWNKIT_LIBVIRTXML` a checkout of the
 * module for machines that cannot fetch it.
 */
function besideGo(documents: readonly string[]): number | string {
  const directory = mkdtempSync(join(tmpdir(), 'spawnkit-bench-go-'));
  try {
    writeFileSync(join(directory, 'documents.json'), JSON.stringify(documents));
    copyFileSync(join(import.meta.dirname, 'guest-config.go'), join(directory, 'main.go'));
    const checkout = process.env.SPAWNKIT_LIBVIRTXML;
    go(directory, 'mod', 'init', 'bench');
    if (checkout) go(directory, 'mod', 'edit', `-replace=${goModule}=${checkout}`);
    go(directory, 'get', goModule);
    return Math.round(Number(go(directory, 'run', '.')));
  } catch (error) {
    return `not at hand: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const goModule = 'libvirt.org/go/libvirtxml';

function go(cwd: string, ...args: readonly string[]): string {
  const options = { cwd, encoding: 'utf8', timeout: 300_000 } as const;
  const { status, stdout, stderr, error } = spawnSync(process.env.SPAWNKIT_GO ?? 'go', args, options);
  if (error) throw error;
  if (status !== 0) throw new Error(`go ${args.join(' ')}: ${stderr.trim().split('\n').at(-1)}`);
  return stdout;
}

/** How long `import` of the built package takes in a process of its own, Node's own start not counted. */
function coldImport() {
  const target = JSON.stringify(join(folder, 'dist/index.js'));
  const script = `const began = performance.now(); await import(${target}); console.log(performance.now() - began);`;
  const once = () =>
    Number(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }));
  return timing(Array.from({ length: COLD_STARTS }, once));
}
