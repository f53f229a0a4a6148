import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** libvirt's own documents, which are not part of the repository: see `SPAWNKIT_CORPUS` in the README. */
export const corpusDirectory = process.env.SPAWNKIT_CORPUS ?? join(import.meta.dirname, '../../../../shared/corpus');

/** Whether there is a file or folder of the corpus; says so when there is none, for the test that is skipped then. */
export function hasCorpus(part: string): boolean {
  const path = join(corpusDirectory, part);
  if (existsSync(path)) return true;
  process.stderr.write(`skipped: there is no ${path}; SPAWNKIT_CORPUS names the directory of the corpus\n`);
  return false;
}

/** The documents of a folder, by file name. */
export function corpusDocuments(folder: string): ReadonlyMap<string, string> {
  return xmlFiles(join(corpusDirectory, folder));
}

/** A JSON file of the corpus. */
export function corpusJson(file: string): unknown {
  return JSON.parse(readFileSync(join(corpusDirectory, file), 'utf8'));
}

/** Documents of this package. */
export function fixtures(): ReadonlyMap<string, string> {
  return xmlFiles(join(import.meta.dirname, 'fixtures'));
}

function xmlFiles(directory: string): ReadonlyMap<string, string> {
  const names = readdirSync(directory).filter((name) => name.endsWith('.xml'));
  return new Map(names.map((name) => [name, readFileSync(join(directory, name), 'utf8')]));
}
