import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Inverses, Json } from '../src/index.ts';

/** What creating a file writes down. The token tells our file from one that was there before. */
export interface FileAct {
  readonly path: string;
  readonly token: string;
}

export const fileAct = (directory: string, name: string, token: string): FileAct & Json => ({
  path: join(directory, name),
  token,
});

/** Creates a file in two steps, with a moment between them; throws EEXIST when it exists already. */
export async function createFile({ path, token }: FileAct, between: () => void = () => {}): Promise<void> {
  await writeFile(part(path, token), token);
  between();
  await link(part(path, token), path);
  between();
  await rm(part(path, token));
}

/** The inverse of {@link createFile}, in two steps as well. */
export async function removeFile({ path, token }: FileAct, between: () => void = () => {}): Promise<void> {
  await rm(part(path, token), { force: true });
  between();
  const found = await readFile(path, 'utf8').catch(() => undefined);
  if (found === token) await rm(path);
}

export function fileInverses(between?: () => void): Inverses {
  return { file: (data) => removeFile(data as Json & FileAct, between) };
}

function part(path: string, token: string): string {
  return `${path}.${token}.part`;
}
