import assert from 'node:assert/strict';
import { copyFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StorageUnderTest } from './backend-contract.ts';

/** The storage of backends whose disks are files in the directories of the instances. */
export function fileStorage(instancesPath: string): StorageUnderTest {
  return {
    toolName(source) {
      assert.equal(source.type, 'file');
      return source.type === 'file' ? source.path : '';
    },
    async names(instanceId) {
      const names = await readdir(join(instancesPath, instanceId));
      return names.filter((name) => name !== 'disk.info');
    },
    plant: ({ instanceId, name }, path) => copyFile(path, join(instancesPath, instanceId, name)),
    plantDraft: ({ instanceId, name }) => writeFile(join(instancesPath, instanceId, `.${name}.draft-0123456789ab`), ''),
  };
}
