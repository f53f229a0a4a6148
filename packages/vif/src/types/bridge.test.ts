import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Exec, Logger } from '@spawnkit/effects';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aCreatingVif, aVif, vifIds } from '../../test/a-vif.ts';
import { namespaceObstacle, type NetworkNamespace, openNetworkNamespace } from '../../test/network-namespace.ts';
import { checkVif, plug, unplug } from '../plug.ts';
import type { VifContext } from '../vif-type.ts';

if (namespaceObstacle) process.stderr.write(`skipped, tests of bridges: ${namespaceObstacle}\n`);

describe.skipIf(namespaceObstacle)('in a network namespace', () => {
  let host: NetworkNamespace;
  let locksPath: string;
  let warnings: string[];

  beforeEach(async () => {
    host = await openNetworkNamespace();
    locksPath = await mkdtemp(join(tmpdir(), 'spawnkit-vif-'));
    warnings = [];
  });
  afterEach(async () => {
    await host[Symbol.asyncDispose]();
    await rm(locksPath, { recursive: true });
  });

  const context = (more: Partial<VifContext> = {}): VifContext => {
    const log: Logger = { debug() {}, info() {}, error() {}, warn: (message) => warnings.push(message) };
    return { exec: host.exec, conn: undefined as never /* bridges do not ask libvirt */, locksPath, log, ...more };
  };
  const device = async (name: string) => (await host.devices()).find((one) => one.name === name);
  const uplink = async (...more: readonly string[]) => {
    await host.ip('link', 'add', 'up0', ...more, 'type', 'veth', 'peer', 'name', 'up1');
  };
  const carried = aCreatingVif({ meta: { bridge_interface: 'up0', mtu: 1400 } });

  test('plug makes the bridge with its uplink and MTU, twice is once, and unplug takes all of it away', async () => {
    await uplink();
    const before = await host.devices();
    await checkVif(carried, context());
    expect(await host.devices()).toEqual(before);
    await plug(carried, context());
    expect(await device('br-test')).toMatchObject({ kind: 'bridge', up: true, mtu: 1400 });
    expect(await device('up0')).toMatchObject({ master: 'br-test', up: true });
    expect(await host.ip('address', 'show', 'dev', 'br-test')).not.toContain('inet');
    const arp = ['arp_ignore', 'arp_announce'].map((one) => `/proc/sys/net/ipv4/conf/br-test/${one}`);
    expect((await host.exec('cat', arp)).stdout).toBe('1\n2\n');
    const plugged = await host.devices();
    await plug(carried, context());
    await checkVif(carried, context());
    expect(await host.devices()).toEqual(plugged);
    await unplug(carried, context());
    await unplug(carried, context());
    expect(await host.devices()).toEqual(before);
    expect(await readdir(locksPath)).toEqual([]);
  });

  test('an uplink that was up stays up', async () => {
    await uplink();
    await host.ip('link', 'set', 'up0', 'up');
    const before = await host.devices();
    await plug(carried, context());
    await unplug(carried, context());
    expect(await host.devices()).toEqual(before);
  });

  test('an uplink may be given by an alternative name', async () => {
    await uplink();
    await host.ip('link', 'property', 'add', 'dev', 'up0', 'altname', 'outside');
    const before = await host.devices();
    const named = (id: string) => aCreatingVif({ id, meta: { bridge_interface: 'outside' } });
    for (const id of vifIds) await plug(named(id), context());
    expect(await device('up0')).toMatchObject({ master: 'br-test', up: true });
    for (const id of vifIds) await unplug(named(id), context());
    expect(await host.devices()).toEqual(before);
  });

  test('unplug without plug does nothing, also where the bridge is somebody else’s', async () => {
    await unplug(carried, context());
    await host.ip('link', 'add', 'br-test', 'type', 'bridge');
    const before = await host.devices();
    await unplug(carried, context());
    expect(await host.devices()).toEqual(before);
  });

  test('the last of two VIFs removes the bridge, whoever comes first', async () => {
    await uplink();
    const before = await host.devices();
    const [one, other] = vifIds.map((id) => aCreatingVif({ id, meta: { bridge_interface: 'up0' } })) as [
      typeof carried,
      typeof carried,
    ];
    await Promise.all([plug(one, context()), plug(other, context())]);
    await unplug(one, context());
    expect(await device('br-test')).toMatchObject({ up: true });
    await plug(one, context());
    await unplug(other, context());
    expect((await device('br-test'))?.alternativeNames).toContain(`spawnkit-vif-${one.id}`);
    await unplug(one, context());
    expect(await host.devices()).toEqual(before);
  });

  test('VIFs that come and go at the same time leave nothing', async () => {
    await uplink();
    const before = await host.devices();
    const vifs = Array.from({ length: 6 }, (_, id) =>
      aCreatingVif({ id: `vif-${id}`, meta: { bridge_interface: 'up0' } }),
    );
    await Promise.all(
      vifs.map(async (vif) => {
        await checkVif(vif, context());
        await plug(vif, context());
        expect(await device('up0')).toMatchObject({ master: 'br-test', up: true });
        await unplug(vif, context());
      }),
    );
    expect(await host.devices()).toEqual(before);
  });

  test('a bridge that was there is used, and stays as it is', async () => {
    await host.ip('link', 'add', 'br-test', 'type', 'bridge');
    const before = await host.devices();
    await plug(carried, context());
    expect(warnings).toEqual(['the bridge is down, and not ours to change']);
    await plug(aVif({}), context());
    await unplug(carried, context());
    expect(await host.devices()).toEqual(before);
  });

  test('a bridge of ours with a stranger’s port is kept for the stranger, without our mark', async () => {
    await plug(aCreatingVif(), context());
    await host.ip('tuntap', 'add', 'dev', 'stranger', 'mode', 'tap');
    await host.ip('link', 'set', 'stranger', 'master', 'br-test');
    await unplug(aCreatingVif(), context());
    expect(await device('br-test')).toMatchObject({ up: true, alternativeNames: [] });
    expect(warnings).toEqual(['bridge kept, it has ports that are not ours']);
  });

  test('what cannot be plugged is refused with its reason, and the host stays as it is', async () => {
    await uplink('mtu', '1500');
    await host.ip('link', 'add', 'other', 'type', 'bridge');
    await host.ip('link', 'set', 'up1', 'master', 'other');
    await host.ip('tuntap', 'add', 'dev', 'taken', 'mode', 'tap');
    const before = await host.devices();
    const via = (bridge_interface: string) => aCreatingVif({ meta: { bridge_interface } });
    const cases = [
      [aVif({}), 'BRIDGE_NOT_FOUND', 'there is no bridge "br-test"'],
      [aVif({ bridge: 'taken' }), 'DEVICE_CONFLICT', '"taken" is a tun device, not a Linux bridge'],
      [via('gone'), 'INTERFACE_NOT_FOUND', 'there is no device "gone"'],
      [via('up1'), 'DEVICE_CONFLICT', '"up1" is a port of "other" already'],
    ] as const;
    for (const [vif, code, message] of cases) {
      const refusal = { code, message: expect.stringContaining(message) as string, fix: expect.any(String) as string };
      await expect(checkVif(vif, context())).rejects.toMatchObject(refusal);
      await expect(plug(vif, context())).rejects.toMatchObject(refusal);
    }
    expect(await host.devices()).toEqual(before);
  });

  test('the MTU of an uplink is raised to the network’s, and lowered again', async () => {
    await uplink();
    const before = await host.devices();
    const jumbo = aCreatingVif({ meta: { bridge_interface: 'up0', mtu: 9000 } });
    await plug(jumbo, context());
    expect(await device('up0')).toMatchObject({ master: 'br-test', mtu: 9000 });
    expect(await device('br-test')).toMatchObject({ mtu: 9000 });
    await unplug(jumbo, context());
    expect(await host.devices()).toEqual(before);
  });

  describe('over an uplink that the host is reached by', () => {
    const addresses = async () => {
      const shown = await Promise.all(
        [
          ['-brief', 'address', 'show', 'scope', 'global'],
          ['-4', 'route', 'show'],
          ['-6', 'route', 'show', 'table', 'main', 'proto', 'static'],
        ].map((words) => host.ip(...words)),
      );
      return shown.join('\n').replaceAll(/[ \t]+$/gm, '');
    };
    beforeEach(async () => {
      await uplink();
      await host.ip('link', 'set', 'up0', 'up');
      await host.ip('link', 'set', 'up1', 'up');
      for (const one of ['192.0.2.1/24', '192.0.2.9/24', '2001:db8::1/64']) {
        await host.ip('address', 'add', one, 'dev', 'up0', ...(one.includes('::') ? ['nodad'] : []));
      }
      await host.ip('route', 'add', 'default', 'via', '192.0.2.254', 'dev', 'up0', 'metric', '50', 'src', '192.0.2.9');
      await host.ip('route', 'add', '198.51.100.0/24', 'dev', 'up0', 'proto', 'static', 'scope', 'link');
      await host.ip('route', 'add', '2001:db8:9::/48', 'via', '2001:db8::fe', 'dev', 'up0', 'proto', 'static');
    });

    test('the bridge has its addresses and routes as long as it is there', async () => {
      const before = await addresses();
      await plug(carried, context());
      expect(await addresses()).toBe(
        before
          .replace(/^up0(@up1)? .*$/m, (line) => line.replace(/^\S+/, 'br-test').padEnd(0))
          .replaceAll('dev up0', 'dev br-test'),
      );
      await plug(carried, context());
      await unplug(carried, context());
      expect(await addresses()).toBe(before);
    });
  });

  test('a bridge of ours is not shared with a network of another uplink', async () => {
    await uplink();
    await plug(carried, context());
    const other = aCreatingVif({ id: vifIds[1] });
    await expect(plug(other, context())).rejects.toMatchObject({
      code: 'DEVICE_CONFLICT',
      message: expect.stringContaining('was made with the uplink "up0", and this VIF wants (none)') as string,
    });
    await unplug(other, context());
    await unplug(carried, context());
    expect(await device('br-test')).toBeUndefined();
  });

  test('a user who may not change devices is told so', async () => {
    const exec: Exec = (file, args, options) =>
      host.exec(
        'setpriv',
        ['--bounding-set=-net_admin', '--inh-caps=-net_admin', '--reuid=65534', '--clear-groups', file, ...args],
        options,
      );
    const refused = plug(aCreatingVif(), context({ exec }));
    await expect(refused).rejects.toMatchObject({ code: 'PERMISSION_DENIED', fix: expect.any(String) as string });
  });

  test('an abort rejects with its reason', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(plug(carried, context({ signal }))).rejects.toThrow('enough');
    await expect(unplug(carried, context({ signal }))).rejects.toThrow('enough');
  });

  test('what one VIF left behind does not stand in the way of the next', async () => {
    await uplink();
    const before = await host.devices();
    // The uplink has become a port of the bridge, which has no name yet.
    const exec: Exec = async (...call) => {
      if (call[1].join(' ').includes(' name br-test')) throw new Error('cut off');
      return host.exec(...call);
    };
    await expect(plug(carried, context({ exec }))).rejects.toThrow('cut off');
    expect(await device('br-test')).toBeUndefined();
    expect((await device('up0'))?.master).toMatch(/^skb-/);
    await checkVif(carried, context());
    const next = aCreatingVif({ id: vifIds[1], meta: { bridge_interface: 'up0', mtu: 1400 } });
    await plug(next, context());
    await unplug(carried, context());
    expect(await device('up0')).toMatchObject({ master: 'br-test', up: true });
    await unplug(next, context());
    expect(await host.devices()).toEqual(before);
  });
});
