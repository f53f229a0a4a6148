import assert from 'node:assert/strict';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startLibvirt } from '../../../../packages/image-backend/test/uml/guest-cases.ts';
import { volumeNames } from '../../../../packages/image-backend/test/uml/volume-group.ts';
import type { UmlCase } from '../../../../tooling/lab/uml/report-cases.ts';
import {
  destroyInstance,
  examine,
  findInstance,
  type Host,
  openHost,
  parseSpec,
  rebuildInstance,
  requestFromSpec,
  rescueInstance,
  resizeInstance,
  spawn,
  stopInstance,
} from '../../src/index.ts';
import { lvmSettings, tiny } from './lvm-settings.ts';

/** In the machine's own memory. */
const state = '/run/spawnkit';
const settings = lvmSettings({ statePath: state, instancesPath: join(state, 'instances') });
const force = { timeoutMs: 0, force: true };

/** A whole host whose instances have their disks on a volume group. The tiny guest must have been built. */
export const lvmCases: readonly UmlCase[] = [
  {
    name: 'an instance on volumes boots, is grown, rebuilt, rescued and deleted, and the group is as before',
    async run() {
      await startLibvirt();
      await mkdir(state, { mode: 0o711 });
      await using host = openHost({ settings });
      const found = await examine(host, { checks: ['storage'] });
      assert.deepEqual(
        found.map(({ verdict }) => verdict),
        ['good'],
      );
      const { uuid, instancePath } = await spawn(host, requestFromSpec({ spec: parseSpec(spec), directory: tiny }));
      assert.match(await consoleOf(instancePath, 'TINY-READY'), /TINY-IMAGE spawnkit tiny image/);
      assert.deepEqual(await volumeNames(), [`${uuid}_disk`]);
      assert.ok((await readdir(instancePath)).includes('disk.config'));

      await stopInstance(host, await findInstance(host, 'lvm'), force);
      await resizeInstance(host, await findInstance(host, 'lvm'), { ...force, diskBytes: 80n << 20n });
      await rebuildInstance(host, await findInstance(host, 'lvm'), force);
      assert.deepEqual(await volumeNames(), [`${uuid}_disk`]);
      await rescueInstance(host, await findInstance(host, 'lvm'), force);
      assert.deepEqual((await volumeNames()).toSorted(), [`${uuid}_disk`, `${uuid}_disk.rescue`]);
      // What is set today says nothing about where it was made.
      await using other: Host = openHost({
        settings: { ...settings, imagesType: 'qcow2', imagesVolumeGroup: undefined },
      });
      await destroyInstance(other, await findInstance(host, 'lvm'));
      assert.deepEqual(await volumeNames(), []);
      assert.ok(!(await readdir(settings.instancesPath)).includes(uuid));
    },
  },
  {
    name: 'a volume group that is not there is told before anything is touched',
    async run() {
      await using host = openHost({ settings: { ...settings, imagesVolumeGroup: 'none' } });
      const request = requestFromSpec({ spec: parseSpec(spec), directory: tiny });
      await assert.rejects(spawn(host, request), { code: 'STORAGE_UNREACHABLE' });
      const [found] = await examine(host, { checks: ['storage'] });
      assert.equal(found?.verdict, 'missing');
      assert.deepEqual(await volumeNames(), []);
    },
  },
];

const spec = `name: lvm
image: disk.qcow2
kernel: { source: vmlinuz, ramdisk: initramfs.img, commandLine: console=ttyS0 }
flavor: { memory: 128MiB, disk: 64MiB }
`;

async function consoleOf(instancePath: string, wanted: string): Promise<string> {
  for (let turn = 0; turn < 600; turn++) {
    const shown = await readFile(join(instancePath, 'console.log'), 'utf8');
    if (shown.includes(wanted)) return shown;
    await delay(500);
  }
  throw new Error(`the console does not show "${wanted}"`);
}
