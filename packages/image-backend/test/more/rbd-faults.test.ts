import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostExec } from '@spawnkit/effects';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { rbdBackend } from '../../src/rbd-backend.ts';
import { diskBytes } from '../../src/testing/images.ts';
import { downCeph, imagesIn, type LabCeph, labState, noCeph, rbdUnderTest, removeImage, upCeph } from '../ceph.ts';
import { runUntilKilled } from '../run-until-killed.ts';

if (noCeph) process.stderr.write(`skipped, faults of a real Ceph: ${noCeph}\n`);

const MiB = 1024n ** 2n;
const MOST_STEPS = 60;

describe.skipIf(noCeph)('disks in a real Ceph when something dies', () => {
  let ceph: LabCeph;
  beforeAll(async () => {
    ceph = await upCeph();
  }, 900_000);
  afterAll(downCeph, 60_000);

  let under: Awaited<ReturnType<typeof rbdUnderTest>>;
  beforeEach(async () => {
    under = await rbdUnderTest(ceph, hostExec());
    await writeFile(join(under.instancesPath, 'source'), diskBytes());
    await ceph.rbd('import', '--no-progress', join(under.instancesPath, 'source'), 'images/parent');
    await ceph.rbd('snap', 'create', '--no-progress', 'images/parent@snap');
    await ceph.rbd('snap', 'protect', 'images/parent@snap');
  });
  afterEach(async () => {
    await under[Symbol.asyncDispose]();
    for (const name of await imagesIn(ceph, 'images')) await removeImage(ceph, `images/${name}`);
  });

  const options = (more: object = {}) => ({
    instancesPath: under.instancesPath,
    imagesRbdPool: 'vms',
    rbdSecretUuid: ceph.secretUuid,
    cluster: ceph.cluster,
    ...ceph.client,
    ...more,
  });
  const disk = () => ({ instanceId: under.prefix, name: 'disk' });

  test.each(['create', 'clone'])(
    'what is killed at any step of "%s" is taken away by remove',
    async (act) => {
      const script = join(import.meta.dirname, '../kill-rbd-at-command.ts');
      const location = `rbd://${ceph.cluster.fsid}/images/parent/snap`;
      const given = JSON.stringify(options({ instanceId: under.prefix, location }));
      let step = 0;
      for (; await runUntilKilled(script, [act, `${step}`, given]); step++) {
        expect(step).toBeLessThan(MOST_STEPS);
        if (await under.backend.exists(disk())) await expectImage(`step ${step}`);
        await under.backend.remove(disk());
        expect(await imagesIn(ceph), `step ${step}`).toEqual([]);
        expect(await imagesIn(ceph, 'images')).toEqual(['parent']);
      }
      expect(step).toBeGreaterThan(8);
      await expectImage('at last');
    },
    600_000,
  );

  /** A disk under its name is complete. */
  async function expectImage(when: string): Promise<void> {
    const target = join(under.instancesPath, `out-${when.replaceAll(' ', '-')}`);
    await under.backend.extract({ disk: disk(), target, format: 'raw' });
    const zeros = Buffer.alloc(Number(MiB));
    expect((await readFile(target)).equals(Buffer.concat([diskBytes(), zeros])), when).toBe(true);
  }

  test('a storage daemon that stops answering is told, and the retry works when it is back', async () => {
    const [pid = ''] = (await readFile(join(labState, 'ceph/osd.0.pid'), 'utf8')).split(' ');
    const impatient = rbdBackend({ ...options({ rbdOperationTimeoutMs: 2000 }), exec: hostExec() });
    process.kill(Number(pid), 'SIGSTOP');
    try {
      const made = impatient.create({ disk: disk(), sizeBytes: MiB });
      await expect(made).rejects.toMatchObject({ code: 'STORAGE_UNREACHABLE' });
    } finally {
      process.kill(Number(pid), 'SIGCONT');
    }
    await under.backend.remove(disk());
    await under.backend.create({ disk: disk(), sizeBytes: MiB });
    expect(await imagesIn(ceph)).toEqual([`${under.prefix}_disk`]);
  }, 120_000);
});
