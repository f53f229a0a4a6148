import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plug, unplug } from '../../src/plug.ts';
import type { VifContext } from '../../src/vif-type.ts';
import { aSwitchedVif, aVif } from '../a-vif.ts';
import { type CommandFault, faultExitCode, faultyExec } from '../faulty-exec.ts';
import { namespaceObstacle, type NetworkNamespace, openNetworkNamespace } from '../network-namespace.ts';
import { openSwitch, type PrivateSwitch } from '../private-switch.ts';
import { savedRules } from '../saved-rules.ts';

if (namespaceObstacle) process.stderr.write(`skipped, faults of real commands: ${namespaceObstacle}\n`);

const root = join(import.meta.dirname, '../../../..');
const netdev = { datapath_type: 'netdev' };
const created = { should_create_bridge: true };
const socket = { vhostuser_ovs_plug: true, vhostuser_socket: '/run/vhu', vhostuser_mode: 'server' };

/** All that one kernel without VLANs, and a switch with its own datapath, can do; the model of a host has the others. */
const vifs = {
  'a bridge over an uplink': aVif({ meta: { ...created, bridge_interface: 'up0', mtu: 1400 } }),
  'a bridge that is forwarded for': aVif({ meta: created, more: { details: { port_filter: false } } }),
  tap: aVif({ type: 'tap', meta: { mtu: 1300 }, more: { devname: 'tap-faulty' } }),
  'ovs native': aSwitchedVif(netdev, { devname: 'tap-faulty' }),
  'ovs native, port by libvirt': aSwitchedVif(netdev, { devname: 'tap-faulty', delegate_create: false }),
  'ovs hybrid': aSwitchedVif({ ...netdev, ovs_hybrid_plug: true }),
  'vhost-user on ovs': aVif({ type: 'vhostuser', bridge: 'br-ovs', more: { details: { ...netdev, ...socket } } }),
};

const reports: Readonly<Record<CommandFault, object>> = {
  error: { code: 'EXEC_FAILED', context: { exitCode: faultExitCode } },
  hang: { code: 'EXEC_TIMEOUT' },
  abort: { message: 'changed my mind' },
};

describe.skipIf(namespaceObstacle)('whichever real command of a plug goes wrong', { timeout: 120_000 }, () => {
  let host: NetworkNamespace;
  let ovs: PrivateSwitch;
  let locksPath: string;

  beforeAll(async () => {
    execFileSync(join(root, 'tooling/setup/debian'), ['ovs', 'firewall'], { timeout: 600_000, stdio: 'ignore' });
    host = await openNetworkNamespace();
    ovs = await openSwitch(host);
    locksPath = await mkdtemp(join(tmpdir(), 'spawnkit-vif-'));
    await host.ip('link', 'add', 'up0', 'type', 'veth', 'peer', 'name', 'up1');
    await host.exec('iptables', ['-L', '-n']);
  }, 700_000);
  afterAll(async () => {
    await ovs?.[Symbol.asyncDispose]();
    await host?.[Symbol.asyncDispose]();
    await rm(locksPath, { recursive: true });
  });

  const context = (exec = ovs.exec, signal?: AbortSignal): VifContext => ({
    exec,
    signal,
    conn: undefined as never /* none of them asks libvirt */,
    locksPath,
  });
  const state = async () => ({
    devices: await host.devices(),
    switch: (await ovs.vsctl('show')).split('\n').toSorted(),
    rules: await savedRules(host.exec, 'iptables'),
  });

  describe.each(Object.entries(vifs))('(%s)', (_, vif) => {
    test.each(Object.keys(reports) as CommandFault[])(
      'by %s, that is what the caller sees, and all is taken back',
      async (fault) => {
        const before = await state();
        for (let at = 0; ; at++) {
          const abort = new AbortController();
          const { exec, commands } = faultyExec({ exec: ovs.exec, at, fault, abort });
          const error: unknown = await plug(vif, context(exec, abort.signal)).catch((reason: unknown) => reason);
          const command = commands[at];
          // Another program makes tap devices where ip does not.
          const mayBeRetried = fault === 'error' && command?.startsWith('ip tuntap') && !(error instanceof Error);
          if (command !== undefined && !mayBeRetried) expect(error, command).toMatchObject(reports[fault]);
          await unplug(vif, context());
          expect(await state(), command).toEqual(before);
          if (command === undefined) return expect(at).toBeGreaterThan(1);
        }
      },
    );
  });
});
