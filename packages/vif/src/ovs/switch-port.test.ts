import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aSwitchedVif } from '../../test/a-vif.ts';
import { modelHost } from '../../test/model/model-host.ts';
import { runIp } from '../../test/model/model-ip.ts';
import { plug, unplug } from '../plug.ts';
import type { VifContext } from '../vif-type.ts';

let locksPath: string;
beforeAll(async () => {
  locksPath = await mkdtemp(join(tmpdir(), 'spawnkit-vif-'));
});
afterAll(() => rm(locksPath, { recursive: true }));

const hybrid = aSwitchedVif({ ovs_hybrid_plug: true });

function newHost(options?: Parameters<typeof modelHost>[0]) {
  const host = modelHost(options);
  const conn = undefined as never; /* libvirt has no part in it */
  const context: VifContext = { exec: host.exec, conn, locksPath };
  return { host, context };
}

test('a port whose device was made anew is made anew as well, since the switch would keep the old one', async () => {
  const { host, context } = newHost();
  await plug(hybrid, context);
  const removals = () => host.commands.filter((command) => command.includes('del-port'));
  await plug(hybrid, context);
  expect(removals()).toEqual([]);
  runIp(host.state, ['link', 'delete', 'dev', 'qvo11111111-aa']);
  await plug(hybrid, context);
  expect(removals()).toEqual(['ovs-vsctl --timeout=120 --if-exists del-port qvo11111111-aa']);
  await plug(hybrid, context);
  expect(removals()).toHaveLength(1);
});

test('a bridge that was made goes with its last port, and not before', async () => {
  const { host, context } = newHost();
  const others = ['tap-one', 'tap-two'].map((devname) => aSwitchedVif({}, { devname }));
  for (const vif of [hybrid, ...others]) await plug(vif, context);
  for (const vif of [hybrid, ...others]) {
    expect(host.state.bridges).toHaveLength(1);
    await unplug(vif, context);
  }
  expect(host.state.bridges).toEqual([]);
});

test('without an owner the switch is not told of one, and without a port id it is the VIF’s', async () => {
  const { host, context } = newHost({ bridges: ['br-ovs'] });
  const named = aSwitchedVif({}, { ovs_interfaceid: 'port-7' });
  await plug(named, context);
  expect(host.state.ports[0]?.externalIds).toEqual({
    'iface-id': 'port-7',
    'iface-status': 'active',
    'attached-mac': 'fa:16:3e:00:00:01',
  });
  await plug(aSwitchedVif(), context);
  expect(host.state.ports[0]?.externalIds['iface-id']).toBe(hybrid.id);
});

test('Open vSwitch that is not there is said to be so, and what does not need it is still removed', async () => {
  const whole = newHost();
  await plug(hybrid, whole.context);
  const { host, context } = newHost({ faults: { 'ovs-vsctl': 'EXEC_NOT_FOUND' } });
  host.state.devices = whole.host.state.devices;
  await expect(plug(hybrid, context)).rejects.toMatchObject({ code: 'SWITCH_UNAVAILABLE' });
  await expect(unplug(hybrid, context)).rejects.toMatchObject({ code: 'SWITCH_UNAVAILABLE' });
  expect(host.state.devices).toEqual([]);
});
