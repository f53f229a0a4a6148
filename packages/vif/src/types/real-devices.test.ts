import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EffectsError, type Exec } from '@spawnkit/effects';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aVif } from '../../test/a-vif.ts';
import { namespaceObstacle, type NetworkNamespace, openNetworkNamespace } from '../../test/network-namespace.ts';
import { enableHairpin } from '../firewall/hairpin.ts';
import { checkVif, plug, unplug } from '../plug.ts';
import type { VifContext } from '../vif-type.ts';

if (namespaceObstacle) process.stderr.write(`skipped, tests of real devices: ${namespaceObstacle}\n`);

describe.skipIf(namespaceObstacle)('with a real kernel', () => {
  let host: NetworkNamespace;
  let locksPath: string;

  beforeEach(async () => {
    host = await openNetworkNamespace();
    locksPath = await mkdtemp(join(tmpdir(), 'spawnkit-vif-'));
  });
  afterEach(async () => {
    await host[Symbol.asyncDispose]();
    await rm(locksPath, { recursive: true });
  });

  const context = (more: Partial<VifContext> = {}): VifContext => ({
    exec: host.exec,
    conn: undefined as never /* devices are no matter of libvirt's */,
    locksPath,
    ...more,
  });
  const tap = aVif({
    type: 'tap',
    meta: { mtu: 1300 },
    more: { devname: 'tap0', details: { mac_address: 'fa:16:3e:11:22:33' } },
  });

  test.each([false, true])('a tap device comes and goes, with several queues: %s', async (multiqueue) => {
    const before = await host.devices();
    const owner = { uuid: '0f0e1d2c-3b4a-4958-8776-655443322110', multiqueue };
    await checkVif(tap, context());
    await plug(tap, context({ owner }));
    const [link] = JSON.parse(await host.ip('-json', '-details', 'link', 'show', 'tap0')) as Record<string, unknown>[];
    expect(link).toMatchObject({
      address: 'fa:16:3e:11:22:33',
      mtu: 1300,
      flags: expect.arrayContaining(['UP']) as string[],
    });
    expect(link).toMatchObject({ linkinfo: { info_kind: 'tun', info_data: { type: 'tap', multi_queue: multiqueue } } });
    const plugged = await host.devices();
    await plug(tap, context({ owner }));
    expect(await host.devices()).toEqual(plugged);
    await unplug(tap, context());
    await unplug(tap, context());
    expect(await host.devices()).toEqual(before);
  });

  test('a device of another kind under its name is refused, and left', async () => {
    await host.ip('link', 'add', 'tap0', 'type', 'bridge');
    const before = await host.devices();
    for (const ask of [checkVif, plug]) {
      await expect(ask(tap, context())).rejects.toMatchObject({ code: 'DEVICE_CONFLICT', context: { kind: 'bridge' } });
    }
    expect(await host.devices()).toEqual(before);
  });

  test('where neither ip nor tunctl makes a tap, the reason of ip is told', async () => {
    const exec: Exec = async (file, args, options) => {
      if (file === 'tunctl') throw new EffectsError('EXEC_NOT_FOUND', 'tunctl is not installed', {});
      const isMade = args[0] === 'tuntap';
      return host.exec(file, isMade ? [...args, 'no-such-word'] : args, options);
    };
    await expect(plug(tap, context({ exec }))).rejects.toMatchObject({
      code: 'EXEC_FAILED',
      context: { exitCode: 255 },
    });
  });

  test('a macvtap device needs the device below it', async () => {
    const details = { macvtap_source: 'up0', macvtap_mode: 'bridge', physical_interface: 'up0' };
    const vif = aVif({ type: 'macvtap', more: { details } });
    await expect(checkVif(vif, context())).rejects.toMatchObject({ code: 'INTERFACE_NOT_FOUND' });
    await host.ip('link', 'add', 'up0', 'type', 'veth', 'peer', 'name', 'up1');
    const before = await host.devices();
    await checkVif(vif, context());
    expect(await plug(vif, context())).toEqual([]);
    await unplug(vif, context());
    expect(await host.devices()).toEqual(before);
  });

  test('hairpin mode is set on the ports that are named', async () => {
    await host.ip('link', 'add', 'br0', 'type', 'bridge');
    await host.ip('tuntap', 'add', 'dev', 'tap1', 'mode', 'tap');
    await host.ip('link', 'set', 'tap1', 'master', 'br0');
    await enableHairpin(['tap1'], context());
    await enableHairpin(['tap1'], context());
    const shown = JSON.parse(await host.ip('-json', '-details', 'link', 'show', 'tap1')) as readonly unknown[];
    expect(shown[0]).toMatchObject({ linkinfo: { info_slave_data: { hairpin: true } } });
    await expect(enableHairpin(['-all'], context())).rejects.toMatchObject({ code: 'VIF_INVALID' });
    await expect(enableHairpin(['gone'], context())).rejects.toMatchObject({ code: 'EXEC_FAILED' });
  });
});
