import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');

/**
 * libvirt's own documents, which are not part of the repository: `SPAWNKIT_CORPUS`, `../shared/corpus` beside the
 * checkout, or what `tooling/guest-config/libvirt-documents` brought.
 */
export const corpusDirectory =
  process.env.SPAWNKIT_CORPUS ??
  [join(root, '../shared/corpus'), join(root, '.lab/libvirt-documents')].find((path) => existsSync(path)) ??
  join(root, '.lab/libvirt-documents');

/** What is known about libvirt's documents, and the edge cases of XML. */
export const vectors = join(import.meta.dirname, 'vectors/libvirt');

/** Whether there is a file or folder of the corpus; says so when there is none, for the test that is skipped then. */
export function hasCorpus(part: string): boolean {
  const path = join(corpusDirectory, part);
  if (existsSync(path)) return true;
  process.stderr.write(`skipped: there is no ${path}; tooling/guest-config/libvirt-documents brings it\n`);
  return false;
}

/** The documents of a folder, by file name. */
export function corpusDocuments(folder: string): ReadonlyMap<string, string> {
  return xmlFiles(join(corpusDirectory, folder));
}

/** Names of the documents, with their folder, which libvirt itself printed. */
export function printedByLibvirt(directory: string): ReadonlySet<string> {
  const { documents } = JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8')) as Manifest;
  return new Set(documents.filter(({ output }) => output).map(({ file }) => file));
}

/**
 * Why a document of libvirt's has another order of children than ours, if there is a reason; `difference` as
 * `firstXmlDifference` tells it.
 */
export function reasonForOrder(difference: string): string | undefined {
  const [, path, before = '', after = ''] = /^(.*): <(.*)> became <(.*)>$/.exec(difference) ?? [];
  const rest = (names: string) => names.replace(/\bdriver ?/, '');
  if (path !== '/domain/devices/interface' || rest(before) !== rest(after)) return undefined;
  return 'interface-driver: libvirt 9 prints the driver of a passed-through interface first, libvirt 11 does so later';
}

/** Documents of this package. */
export function fixtures(): ReadonlyMap<string, string> {
  return xmlFiles(join(import.meta.dirname, 'fixtures'));
}

interface Manifest {
  readonly documents: readonly { readonly file: string; readonly output?: boolean }[];
}

function xmlFiles(directory: string): ReadonlyMap<string, string> {
  const names = readdirSync(directory).filter((name) => name.endsWith('.xml'));
  return new Map(names.map((name) => [name, readFileSync(join(directory, name), 'utf8')]));
}
