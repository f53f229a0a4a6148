import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'vitest';
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
