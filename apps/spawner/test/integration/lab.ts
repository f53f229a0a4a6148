import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../../../..');

/** What the lab's tiny guest is made of. */
export interface Tiny {
  readonly directory: string;
  readonly image: string;
  readonly sha256: string;
  /** What the root disk of a guest prints when it was made from that image. */
  readonly marker: string;
  readonly virtualSizeBytes: number;
}

/** Starts the lab's libvirt unless it runs, builds the tiny guest unless it is there. */
export function openLab(): Tiny {
  lab('lab', 'up', 'libvirt');
  const directory = lab('tiny').trim().split('\n').at(-1) ?? '';
  const description = JSON.parse(readFileSync(join(directory, 'image.json'), 'utf8')) as {
    readonly marker: string;
    readonly virtualSizeBytes: number;
    readonly files: Readonly<Record<string, { readonly sha256: string }>>;
  };
  const { marker, virtualSizeBytes, files } = description;
  const sha256 = files['disk.qcow2']?.sha256 ?? '';
  return { directory, image: join(directory, 'disk.qcow2'), sha256, marker, virtualSizeBytes };
}

function lab(script: string, ...args: readonly string[]): string {
  return execFileSync('bash', [join(root, 'tooling/lab', script), ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
