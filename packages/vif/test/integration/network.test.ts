import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Exec, hostExec } from '@spawnkit/effects';
import { type Connection, connect } from '@spawnkit/libvirt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkVif, plug, unplug } from '../../src/plug.ts';
import type { VifContext } from '../../src/vif-type.ts';
import { aVif } from '../a-vif.ts';

const obstacle = process.getuid?.() === 0 ? undefined : 'the lab’s libvirtd needs root';
if (obstacle) process.stderr.write(`skipped, networks of a real daemon: ${obstacle}\n`);

describe.skipIf(obstacle)('a libvirt network', () => {
  const root = join(import.meta.dirname, '../../../..');
  const name = `vif-${randomBytes(4).toString('hex')}`;
  const bridge = `vb-${name.slice(4)}`;
  let conn: Connection;
  let locksPath: string;
  let context: VifContext;

  beforeAll(async () => {
    await hostExec()('bash', [join(root, 'tooling/lab/lab'), 'up', 'libvirt'], { cwd: root, timeoutMs: 120_000 });
    conn = await connect('qemu:///system');
    await conn.networks.define(`<network><name>${name}</name><bridge name='${bridge}'/></network>`);
    locksPath = await mkdtemp(join(tmpdir(), 'spawnkit-vif-'));
    const exec: Exec = async (file) => {
      throw new Error(`a libvirt network needs no command, but ${file} was run`);
    };
    context = { exec, conn, locksPath };
  });
  afterAll(async () => {
    const network = await conn.networks.byName(name);
    if (await network.isActive()) await network.destroy();
    await network.undefine();
    await conn[Symbol.asyncDispose]();
    await rm(locksPath, { recursive: true });
  });

  test('that is not started is refused, and used once it is', async () => {
    const vif = aVif({ type: 'network', bridge: name });
    for (const ask of [checkVif, plug]) {
      await expect(ask(vif, context)).rejects.toMatchObject({
        code: 'NETWORK_INACTIVE',
        fix: `Start it: virsh net-start ${name}`,
      });
    }
    const network = await conn.networks.byName(name);
    await network.start();
    await checkVif(vif, context);
    await plug(vif, context);
    await plug(vif, context);
    await unplug(vif, context);
    await unplug(vif, context);
    expect(await network.isActive()).toBe(true);
    expect(await readdir(locksPath)).toEqual([]);
  });

  test('that is not there is refused', async () => {
    const vif = aVif({ type: 'network', bridge: `${name}-no` });
    for (const ask of [checkVif, plug]) {
      await expect(ask(vif, context)).rejects.toMatchObject({
        code: 'NETWORK_NOT_FOUND',
        context: { network: `${name}-no` },
        fix: expect.stringContaining('virsh net-list') as string,
      });
    }
    await unplug(vif, context);
  });

  test('is not asked about by an ordinary bridge and user networking', async () => {
    await checkVif(aVif({ type: 'user' }), context);
    await plug(aVif({ type: 'user' }), context);
    await unplug(aVif({ type: 'user' }), context);
  });
});
