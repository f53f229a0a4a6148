import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A TypeScript example of the README. */
export interface ReadmeExample {
  readonly code: string;
  /** It imports what it uses, so it can be run; others are parts of a program. */
  readonly whole: boolean;
  /** It talks to a real daemon. */
  readonly daemon: boolean;
}

export function readmeExamples(): readonly ReadmeExample[] {
  const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
  return [...readme.matchAll(/^```ts( daemon)?\n([\s\S]*?)^```$/gm)].map(([, daemon, code = '']) => ({
    code,
    whole: code.startsWith('import '),
    daemon: daemon !== undefined,
  }));
}

/** A part of a program as a program: the README's other words say what these names are. */
export function asProgram({ code, whole }: ReadmeExample): string {
  if (whole) return code;
  return `import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { connect, isGap, type Connection, type Domain, type StorageVolume } from '@spawnkit/libvirt';
export async function part(given: Given): Promise<void> {
  const { readSecret, listAgain } = given;
  {
    const { conn, domain, volume } = given;
    void [conn, domain, volume, readSecret, listAgain, connect, isGap, createReadStream, pipeline];
    {
${code}
    }
  }
}
interface Given {
  readonly conn: Connection;
  readonly domain: Domain;
  readonly volume: StorageVolume;
  readonly readSecret: () => string;
  readonly listAgain: () => Promise<void>;
}
`;
}
