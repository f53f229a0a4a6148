/**
 * Sorts the test documents of libvirt's source tree by what they are: `node sort-documents.ts SOURCE OUT`. The result has
 * the form of the corpus that `pnpm conformance corpus` reads; names say where a document was. Called by
 * `libvirt-documents`, beside this file.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Folders by the root element. */
const folders: ReadonlyMap<string, string> = new Map([
  ['domain', 'domain'],
  ['domainCapabilities', 'domcaps'],
  ['capabilities', 'capabilities'],
  ...['network', 'filter', 'secret', 'domainsnapshot', 'pool', 'volume'].map((root) => [root, 'more'] as const),
]);

interface Found {
  readonly file: string;
  readonly path: string;
  /** Whether libvirt's own formatter printed it, by the folder it was in. */
  readonly output: boolean;
}

const [source = '', out = ''] = process.argv.slice(2);
const tests = join(source, 'tests');
cpSync(join(source, 'src/conf/schemas'), join(out, 'schemas'), { recursive: true });
const found = readdirSync(tests, { recursive: true, encoding: 'utf8' }).sort().flatMap(sorted);
const refused = refusedDomains(found.filter(({ file }) => file.startsWith('domain/')));
const documents = found.map((one) => (refused.has(one.path) ? moved(one) : one));
for (const { file, path } of documents) {
  mkdirSync(dirname(join(out, file)), { recursive: true });
  // Many are symbolic links to each other.
  copyFileSync(path, join(out, file));
}
const manifest = { documents: documents.map(({ file, output }) => ({ file, output })) };
writeFileSync(join(out, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`);

/** Where a file goes; nowhere when its root is none of ours. */
function sorted(name: string): readonly Found[] {
  const path = join(tests, name);
  if (!name.endsWith('.xml')) return [];
  const root = /<([A-Za-z]\w*)[\s/>]/.exec(readFileSync(path, 'utf8').replace(/<!--[^]*?-->/g, ''))?.[1] ?? '';
  const folder = folders.get(root);
  if (folder === undefined) return [];
  return [{ file: `${folder}/${name.replaceAll('/', '--')}`, path, output: /out(data)?$/.test(dirname(name)) }];
}

/** The domains which libvirt's own grammar refuses, as xmllint says. */
function refusedDomains(domains: readonly Found[]): ReadonlySet<string> {
  const schema = join(out, 'schemas/domain.rng');
  const { stderr, error } = spawnSync('xmllint', ['--noout', '--relaxng', schema, ...domains.map(({ path }) => path)], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error) throw error;
  const accepted = new Set(stderr.split('\n').flatMap((line) => /^(.*) validates$/.exec(line)?.[1] ?? []));
  if (accepted.size === 0) throw new Error(`xmllint accepts no domain by ${schema}:\n${stderr.slice(0, 500)}`);
  return new Set(domains.map(({ path }) => path).filter((path) => !accepted.has(path)));
}

function moved(one: Found): Found {
  return { ...one, file: one.file.replace('domain/', 'domain-invalid/') };
}
