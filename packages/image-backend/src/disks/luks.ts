import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Secret } from '@spawnkit/effects';
import { absent } from '../files.ts';
import type { DiskId } from '../image-backend.ts';

/** How qcow2 disks are encrypted: LUKS inside of them, which QEMU opens itself. */
export interface LuksEncryption {
  /** The passphrase of a disk, always the same. */
  readonly passphraseOf: (disk: DiskId, options: { readonly signal?: AbortSignal | undefined }) => Promise<Secret>;
  /** The UUID of the libvirt secret that has it, for guests. */
  readonly secretUuidOf: (disk: DiskId) => string;
  /** How long trying one passphrase takes. Default: QEMU's two seconds, which short passphrases need. */
  readonly iterTimeMs?: number;
}

/** What tells QEMU's tools the passphrase of a disk. */
export interface QemuKey {
  /** Arguments. */
  readonly object: readonly string[];
  /** The name that options call it by. */
  readonly id: string;
  /** Options of an image that is made with it. */
  readonly createOptions: readonly string[];
}

/** A file system in memory, on every Linux. */
const MEMORY = '/dev/shm';
const ID = 'key';

/**
 * Does something with the passphrase of a disk, which lies for this time in a file of mode 0600, in memory where there is
 * such a file system; without encryption, with nothing.
 */
export async function withKey<T>(
  { encryption }: { readonly encryption?: LuksEncryption | undefined },
  { disk, signal }: { readonly disk: DiskId; readonly signal?: AbortSignal | undefined },
  run: (key: QemuKey | undefined) => Promise<T>,
): Promise<T> {
  if (!encryption) return run(undefined);
  const passphrase = await encryption.passphraseOf(disk, { signal });
  const inMemory = (await stat(MEMORY).catch(absent))?.isDirectory();
  const directory = await mkdtemp(join(inMemory ? MEMORY : tmpdir(), 'spawnkit-key-'));
  try {
    const file = join(directory, ID);
    await writeFile(file, passphrase.reveal(), { mode: 0o600, flag: 'wx' });
    return await run(keyIn(file, encryption));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function keyIn(file: string, { iterTimeMs }: LuksEncryption): QemuKey {
  return {
    object: ['--object', `secret,id=${ID},file=${file.replaceAll(',', ',,')}`],
    id: ID,
    createOptions: [
      'encrypt.format=luks',
      `encrypt.key-secret=${ID}`,
      ...(iterTimeMs === undefined ? [] : [`encrypt.iter-time=${iterTimeMs}`]),
    ],
  };
}
