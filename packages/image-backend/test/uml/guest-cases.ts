import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hostExec } from '@spawnkit/effects';
import { bootOn } from '../tiny-guest.ts';
import type { UmlCase } from '../../../../tooling/lab/uml/report-cases.ts';
import { lvmUnderTest } from './volume-group.ts';

const exec = hostExec();
const lab = process.env['SPAWNKIT_LAB'] ?? join(import.meta.dirname, '../../../../.lab');
/** What libvirt writes would be seen by the host's. */
const OWN_DIRECTORIES = ['lib', 'log', 'cache'].map((name) => `/var/${name}/libvirt`);
const START_MS = 60_000;

/** A whole host on a volume group: libvirt, QEMU, and a guest. The tiny guest must have been built. */
export const guestCases: readonly UmlCase[] = [
  {
    name: 'a guest boots from a disk that is a volume',
    async run() {
      await startLibvirt();
      await using under = await lvmUnderTest(exec, {});
      const tiny = join(lab, 'tiny');
      const source = { type: 'file', path: join(tiny, 'disk.raw') } as const;
      const base = await under.cache.pull({ source, kind: 'disk', declaredFormat: 'raw' });
      const disk = { instanceId: 'uuid', name: 'disk' };
      const made = await under.backend.create({ disk, base, sizeBytes: 64n * 1024n ** 2n });
      const console = await bootOn('guest', { source: made, tiny });
      assert.match(console, /TINY-DISK vda 67108864/);
      assert.match(console, /TINY-IMAGE spawnkit tiny image/);
      await under.backend.remove(disk);
    },
  },
];

/** Starts a libvirt of the machine's own, and waits until it answers. */
export async function startLibvirt(): Promise<void> {
  for (const directory of OWN_DIRECTORIES) await exec('mount', ['-t', 'tmpfs', 'tmpfs', directory]);
  await exec('mount', ['-t', 'devpts', 'devpts', '/dev/pts']);
  await exec('virtlogd', ['-d']);
  await exec('libvirtd', ['-d']);
  const deadline = performance.now() + START_MS;
  for (;;) {
    const { exitCode, stderr } = await exec('virsh', ['-q', 'version'], { okExitCodes: [0, 1] });
    if (exitCode === 0) return;
    assert.ok(performance.now() < deadline, `libvirt does not answer: ${stderr}`);
    await sleep(500);
  }
}
