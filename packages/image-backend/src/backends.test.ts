import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { luksUnderTest } from '../test/luks.ts';
import { openImageCache } from './open-image-cache.ts';
import { qcow2Backend } from './qcow2-backend.ts';
import { rawBackend } from './raw-backend.ts';
import { type BackendSetup, backendContract } from './testing/index.ts';

describe.each([rawBackend, qcow2Backend])('%o', (makeBackend) => {
  const setup: BackendSetup = async (exec) => {
    const instancesPath = await mkdtemp(join(tmpdir(), "backend, @@1=;' "));
    return {
      instancesPath,
      backend: makeBackend({ instancesPath, exec }),
      cache: openImageCache({ instancesPath, exec }),
      [Symbol.asyncDispose]: () => rm(instancesPath, { recursive: true }),
    };
  };
  for (const { name, run } of backendContract(setup)) test(name, run);
});

/** QEMU takes long to make each: `./test --all` runs the whole contract. */
const representatives = [
  'a disk of a qcow2 image has its bytes, and zeros up to its size',
  'a disk grows and keeps its bytes, and never shrinks',
  'a disk goes back to its snapshot, as often as wanted',
  'what is extracted of a disk has what its guest sees, and depends on nothing',
];

describe('qcow2Backend with encryption', () => {
  for (const { name, run } of backendContract(luksUnderTest)) {
    if (representatives.includes(name)) test(name, run);
  }
});
