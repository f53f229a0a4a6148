import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checksum } from '../checksum.ts';
import { failure } from '../failure.ts';
import { absent } from '../files.ts';
import type { VerifyResult } from '../image-cache.ts';
import { recordOf } from './base-record.ts';
import { checkBaseName } from './cache-paths.ts';
import { hashFile } from './prepare-image.ts';

/** `ImageCache.verify`. */
export async function verifyImage(directory: string, name: string, signal?: AbortSignal): Promise<VerifyResult> {
  const path = join(directory, checkBaseName(name));
  signal?.throwIfAborted();
  try {
    if (!(await stat(path).catch(absent))) return { state: 'missing', name };
    const record = await recordOf(path);
    if (!record) return { state: 'unknown', name, reason: 'it has no record of what was fetched' };
    if (record.role !== 'image')
      return { state: 'unknown', name, reason: `it was made here (${record.role}), not fetched` };
    const sha256 = await hashFile(path, signal);
    if (sha256 === record.sha256) return { state: 'good', name, sha256 };
    return { state: 'changed', name, expected: sha256Of(record.sha256), actual: sha256Of(sha256) };
  } catch (cause) {
    throw failure(`verify the cached image "${path}"`, cause, signal);
  }
}

function sha256Of(hex: string): Checksum {
  return { algorithm: 'sha256', hex };
}
