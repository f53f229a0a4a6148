import { readdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { isErrno } from '../failure.ts';

/** The kernel's view of devices, below `root`, which is `/sys` outside of tests. What is not there reads as nothing. */
export interface Sysfs {
  /** Names in a directory, sorted. */
  list(path: string): Promise<readonly string[]>;
  /** One attribute, without blanks around it. */
  read(path: string): Promise<string | undefined>;
  write(path: string, text: string): Promise<void>;
  /** Where a link leads. */
  resolve(path: string): Promise<string | undefined>;
}

export function openSysfs(root = '/sys'): Sysfs {
  return {
    list: async (path) => (await orNothing(readdir(`${root}/${path}`)))?.toSorted() ?? [],
    read: async (path) => (await orNothing(readFile(`${root}/${path}`, 'utf8')))?.trim(),
    write: (path, text) => writeFile(`${root}/${path}`, text),
    resolve: (path) => orNothing(realpath(`${root}/${path}`)),
  };
}

async function orNothing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EINVAL', 'ENXIO', 'ENODEV')) return undefined;
    throw error;
  }
}
