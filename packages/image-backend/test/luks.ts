import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Exec, Secret } from '@spawnkit/effects';
import { keyedImage } from '../src/disks/qemu-img.ts';
import { openImageCache } from '../src/open-image-cache.ts';
import { qcow2Backend } from '../src/qcow2-backend.ts';
import { fileStorage } from '../src/testing/file-storage.ts';
import type { BackendUnderTest, StorageUnderTest } from '../src/testing/index.ts';

const passphrase = 'a passphrase';
export const luksSecretUuid = '0d1bd3e2-9e26-4d0a-a3cb-8b0f3c2a3f5e';

/** A backend whose disks are encrypted, and the passphrase beside them for who reads them as a guest. */
export async function luksUnderTest(exec: Exec): Promise<BackendUnderTest> {
  const instancesPath = await mkdtemp(join(tmpdir(), "luks, @@1=;' "));
  const encryption = {
    passphraseOf: async () => new Secret(passphrase),
    secretUuidOf: () => luksSecretUuid,
    iterTimeMs: 10,
  };
  const file = join(instancesPath, 'passphrase');
  await writeFile(file, passphrase);
  return {
    instancesPath,
    backend: qcow2Backend({ instancesPath, exec, encryption }),
    cache: openImageCache({ instancesPath, exec }),
    storage: luksStorage(instancesPath, file),
    [Symbol.asyncDispose]: () => rm(instancesPath, { recursive: true }),
  };
}

/** Whoever reads such a disk gives QEMU its passphrase. */
function luksStorage(instancesPath: string, file: string): StorageUnderTest {
  const storage = fileStorage(instancesPath);
  const object = ['--object', `secret,id=guest,file=${file.replaceAll(',', ',,')}`];
  const opened = (path: string) => keyedImage(path, { object, id: 'guest', createOptions: [] });
  return {
    ...storage,
    toolName(source) {
      const path = storage.toolName(source);
      return source.format === 'qcow2' ? opened(path).name : path;
    },
    toolFlags: (source) => (source.format === 'qcow2' ? opened('').flags : ['-f', source.format]),
  };
}
