import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret } from '@spawnkit/effects';
import { VolumeError } from '../errors.ts';
import { isErrno } from '../failure.ts';
import type { KeySource } from './key-source.ts';

const MOST_BYTES = 8192;
const GROUP_OR_OTHERS = 0o077;

/** Passphrases in files: `<directory>/<key id>`, for their owner's eyes only. A line feed at the end does not count. */
export function fileKeySource(directory: string): KeySource {
  return {
    async passphrase(keyId, { signal } = {}) {
      signal?.throwIfAborted();
      const path = join(directory, checkName(keyId));
      try {
        return new Secret(await readPrivate(path));
      } catch (cause) {
        if (cause instanceof VolumeError) throw cause;
        const why = isErrno(cause, 'ENOENT') ? 'does not exist' : `cannot be read: ${String(cause)}`;
        throw unavailable(`The key file "${path}" ${why}`, { path }, cause);
      }
    },
  };
}

async function readPrivate(path: string): Promise<string> {
  await using file = await open(path, 'r');
  const { mode, size } = await file.stat();
  if ((mode & GROUP_OR_OTHERS) !== 0)
    throw unavailable(`The key file "${path}" is open to others; make its mode 0600`, { path });
  if (size > MOST_BYTES) throw unavailable(`The key file "${path}" has more than ${MOST_BYTES} bytes`, { path });
  const text = (await file.readFile('utf8')).replace(/\n$/, '');
  if (text === '') throw unavailable(`The key file "${path}" is empty`, { path });
  return text;
}

function checkName(keyId: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(keyId)) return keyId;
  throw unavailable(`${JSON.stringify(keyId)} cannot be the name of a key file`, { keyId });
}

function unavailable(message: string, context: Readonly<Record<string, unknown>>, cause?: unknown): VolumeError {
  return new VolumeError('KEY_UNAVAILABLE', message, {
    cause,
    context,
    fix: 'Put the passphrase there, in a file of mode 0600.',
  });
}
