import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { EffectsError } from './errors.ts';

const USUAL_PATH = '/usr/local/bin:/usr/bin:/bin';

/** What every command sees of the environment; the only place where ours is read. */
export function baseEnvironment(): Record<string, string> {
  const path = process.env['PATH'] ?? USUAL_PATH;
  // Programs of administrators are found for ordinary users, too: mkfs and friends are of use on plain files.
  const missing = ['/usr/sbin', '/sbin'].filter((directory) => !path.split(delimiter).includes(directory));
  return {
    PATH: [path, ...missing].join(delimiter),
    HOME: process.env['HOME'] ?? '/',
    LANG: 'C.UTF-8',
    LC_ALL: 'C.UTF-8',
  };
}

/** Where programs were found before, by PATH and name. Each is looked at again when it is wanted: packages come and go. */
const known = new Map<string, string>();

/**
 * The path of a program: `file` itself when it has a slash (seen from `cwd`), otherwise looked up in `path`.
 * Throws `EffectsError` `EXEC_NOT_FOUND`.
 */
export function findProgram(file: string, path: string, cwd = '.'): string {
  const key = `${path}\0${file}`;
  const before = known.get(key);
  if (before !== undefined && isProgram(before)) return before;
  const candidates = file.includes('/')
    ? [resolve(cwd, file)]
    : path.split(delimiter).flatMap((directory) => (isAbsolute(directory) ? [join(directory, file)] : []));
  for (const candidate of candidates) {
    if (!isProgram(candidate)) continue;
    if (!file.includes('/')) known.set(key, candidate);
    return candidate;
  }
  const place = file.includes('/') ? `"${candidates[0]}" is no executable file` : `looked in ${path}`;
  throw new EffectsError('EXEC_NOT_FOUND', `The program "${file}" is not installed (${place})`, { file, path });
}

/** A program of util-linux that this package itself builds on. Throws `EffectsError` `EXEC_NOT_FOUND`. */
export function findUtilLinux(file: string): string {
  try {
    return findProgram(file, baseEnvironment()['PATH'] ?? USUAL_PATH);
  } catch (cause) {
    throw new EffectsError(
      'EXEC_NOT_FOUND',
      `Running commands needs "${file}", which is not installed; install the package util-linux`,
      { file },
      { cause },
    );
  }
}

// In one go: starting a program takes longer, and waits for the same directories.
function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
