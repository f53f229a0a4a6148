import { execFile, execFileSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hostExec, systemClock } from '@spawnkit/effects';
import { type Connection, connect } from '@spawnkit/libvirt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FirewallContext, nwfilterFirewall } from '../../src/firewall/firewall.ts';
import type { FirewallRequest } from '../../src/firewall/firewall-request.ts';
import { instanceFilterName } from '../../src/firewall/instance-filter.ts';
import { aVif } from '../a-vif.ts';
import { arpFrame, sendFrames, udpFrame } from '../frames.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../../..');
const obstacle = process.getuid?.() === 0 ? undefined : 'the lab’s libvirtd needs root';
if (obstacle) process.stderr.write(`skipped, network filters of a real daemon: ${obstacle}\n`);

const id = randomBytes(3).toString('hex');
const name = { bridge: `vfb-${id}`, guest: `vfg-${id}`, other: `vfo-${id}` };
const own = { mac: `fa:16:3e:${id.replace(/(..)(?=.)/g, '$1:')}`, ip: '192.0.2.10' };
const foreign = { mac: 'fa:16:3e:ff:ff:ff', ip: '192.0.2.66' };

const frames = {
  'own address': udpFrame(own),
  'own ARP': arpFrame(own),
  'spoofed MAC': udpFrame({ ...own, mac: foreign.mac }),
  'spoofed IP': udpFrame({ ...own, ip: foreign.ip }),
  'spoofed IP in ARP': arpFrame({ ...own, ip: foreign.ip }),
  'spoofed MAC in ARP': arpFrame({ ...own, mac: foreign.mac, hardware: own.mac }),
};

/** Real filters of libvirt on a tap device that a guest would have; its frames are sent as the guest would send them. */
describe.skipIf(obstacle)('network filters of libvirt', () => {
  const exec = hostExec();
  let conn: Connection;
  let directory: string;
  let context: FirewallContext;
  const vif = aVif({
    more: {
      address: own.mac,
      network: { bridge: name.bridge, subnets: [{ cidr: '192.0.2.0/24', version: 4, ips: [{ address: own.ip }] }] },
    },
  });
  const request: FirewallRequest = {
    instanceName: `vf-${id}`,
    chain: id,
    networkInfo: [vif],
    rules: [],
    useIpv6: false,
    allowSameNetTraffic: true,
  };
  const filter = instanceFilterName(request.instanceName, vif);
  const filters = async () => (await conn.nwfilters.list()).map((one) => one.name).toSorted();
  const virsh = (...args: readonly string[]) =>
    run('virsh', ['-q', '-c', 'qemu:///system', ...args], { timeout: 60_000 });
  const passing = () => sendFrames(exec, { from: name.guest, to: name.other, frames });

  beforeAll(async () => {
    execFileSync(join(root, 'tooling/setup/debian'), ['base', 'firewall'], { timeout: 600_000, stdio: 'ignore' });
    await exec('bash', [join(root, 'tooling/lab/lab'), 'up', 'libvirt', '--no-network'], {
      cwd: root,
      timeoutMs: 120_000,
    });
    conn = await connect('qemu:///system');
    directory = await mkdtemp(join(tmpdir(), 'spawnkit-vif-'));
    context = { exec, conn, clock: systemClock, locksPath: join(directory, 'locks') };
    await exec('ip', ['link', 'add', name.bridge, 'type', 'bridge', 'forward_delay', '0']);
    await exec('ip', ['link', 'set', name.bridge, 'addrgenmode', 'none', 'up']);
    for (const tap of [name.guest, name.other]) {
      await exec('ip', ['tuntap', 'add', 'dev', tap, 'mode', 'tap']);
      await exec('ip', ['link', 'set', tap, 'master', name.bridge, 'up']);
    }
  });
  afterAll(async () => {
    for (const device of [name.guest, name.other, name.bridge]) await exec('ip', ['link', 'delete', 'dev', device]);
    await conn[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });

  /** What libvirt does when a domain starts whose interface names the filter. */
  async function bind(): Promise<void> {
    const path = join(directory, 'binding.xml');
    const owner = `<owner><name>${request.instanceName}</name><uuid>${randomUUID()}</uuid></owner>`;
    const rest = `<portdev name='${name.guest}'/><mac address='${own.mac}'/><filterref filter='${filter}'/>`;
    await writeFile(path, `<filterbinding>${owner}${rest}</filterbinding>`);
    await virsh('nwfilter-binding-create', path);
  }

  test('let what a guest sends under its own addresses pass, and nothing else; without them all of it', async () => {
    const before = await filters();
    expect(await passing()).toEqual(Object.keys(frames));
    await nwfilterFirewall.setupBasicFiltering(request, context);
    await nwfilterFirewall.setupBasicFiltering(request, context);
    expect(await filters()).toContain(filter);
    await bind();
    try {
      expect(await passing()).toEqual(['own address', 'own ARP']);
      const refused = nwfilterFirewall.unfilterInstance(request, { ...context, signal: AbortSignal.timeout(2500) });
      await expect(refused, 'while it is in use').rejects.toMatchObject({ name: 'TimeoutError' });
      expect(await filters()).toContain(filter);
    } finally {
      await virsh('nwfilter-binding-delete', name.guest);
    }
    await nwfilterFirewall.unfilterInstance(request, context);
    await nwfilterFirewall.unfilterInstance(request, context);
    expect(await filters()).toEqual(before);
    expect(await passing()).toEqual(Object.keys(frames));
  });

  test('of a VIF whose address a DHCP server gives', async () => {
    const before = await filters();
    const subnets = [{ ...vif.network.subnets[0], meta: { dhcp_server: '192.0.2.2' } }];
    const dhcp = { ...request, networkInfo: [aVif({ more: { address: own.mac, network: { subnets } } })] };
    await nwfilterFirewall.setupBasicFiltering(dhcp, context);
    await bind();
    try {
      expect(await passing()).toEqual(['own address', 'own ARP']);
    } finally {
      await virsh('nwfilter-binding-delete', name.guest);
    }
    await nwfilterFirewall.unfilterInstance(dhcp, context);
    expect(await filters()).toEqual(before);
  });

  test('in use are tried again until their guest is gone', async () => {
    const before = await filters();
    await nwfilterFirewall.setupBasicFiltering(request, context);
    await bind();
    const removing = nwfilterFirewall.unfilterInstance(request, context);
    await systemClock.sleep(300);
    await virsh('nwfilter-binding-delete', name.guest);
    await removing;
    expect(await filters()).toEqual(before);
  });
});
