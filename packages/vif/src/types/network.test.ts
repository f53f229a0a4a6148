import { type Connection, connect } from '@spawnkit/libvirt';
import { type Answers, DaemonError, fakeDaemon } from '@spawnkit/libvirt/testing';
import { afterEach, expect, test } from 'vitest';
import { aVif } from '../../test/a-vif.ts';
import { checkVif, plug, unplug } from '../plug.ts';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

async function contextOf(answers: Answers) {
  const daemon = await fakeDaemon(answers);
  open.push(daemon);
  const conn: Connection = await connect(daemon.uri);
  open.push(conn);
  const exec = async () => {
    throw new Error('a libvirt network needs no command');
  };
  return { exec, conn, locksPath: '/nonexistent' };
}

const vif = aVif({ type: 'network', bridge: 'default' });
const net = { name: 'default', uuid: new Uint8Array(16) };

test('a network that is started can be used', async () => {
  const context = await contextOf({ networkLookupByName: () => ({ net }), networkIsActive: () => ({ active: 1 }) });
  await checkVif(vif, context);
  await plug(vif, context);
});

test.each([checkVif, plug])('%o refuses a network that is not started, or not there', async (ask) => {
  const inactive = await contextOf({ networkLookupByName: () => ({ net }), networkIsActive: () => ({ active: 0 }) });
  await expect(ask(vif, inactive)).rejects.toMatchObject({
    code: 'NETWORK_INACTIVE',
    fix: 'Start it: virsh net-start default',
  });
  const missing = await contextOf({
    networkLookupByName() {
      throw new DaemonError('NO_NETWORK', "Network not found: no network with matching name 'default'");
    },
  });
  await expect(ask(vif, missing)).rejects.toMatchObject({
    code: 'NETWORK_NOT_FOUND',
    cause: { codeName: 'NO_NETWORK' },
  });
  await unplug(vif, missing);
});

test('what else the daemon says is passed on', async () => {
  const context = await contextOf({
    networkLookupByName() {
      throw new DaemonError('ACCESS_DENIED', 'access denied');
    },
  });
  await expect(plug(vif, context)).rejects.toMatchObject({ codeName: 'ACCESS_DENIED' });
});

test.each(['networkLookupByName', 'networkIsActive'] as const)(
  '%s that hangs is ended by the caller’s signal',
  async (call) => {
    const answers = { networkLookupByName: () => ({ net }), networkIsActive: () => ({ active: 1 }) };
    for (const ask of [checkVif, plug]) {
      const context = await contextOf({ ...answers, [call]: () => new Promise(() => {}) });
      const asking = ask(vif, { ...context, signal: AbortSignal.timeout(30) });
      await expect(asking).rejects.toMatchObject({ name: 'TimeoutError' });
      await unplug(vif, context);
    }
  },
);
