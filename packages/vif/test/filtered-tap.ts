import { execFileSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Exec, hostExec, systemClock } from '@spawnkit/effects';
import { connect } from '@spawnkit/libvirt';
import type { FirewallContext } from '../src/firewall/firewall.ts';
import type { FirewallRequest } from '../src/firewall/firewall-request.ts';
import { instanceFilterName } from '../src/firewall/instance-filter.ts';
import { aVif } from './a-vif.ts';
import { arpFrame, sendFrames, udpFrame } from './frames.ts';

const root = join(import.meta.dirname, '../../..');
const id = randomBytes(3).toString('hex');
const name = { bridge: `vfb-${id}`, guest: `vfg-${id}`, other: `vfo-${id}` };
const own = { mac: `fa:16:3e:${id.replace(/(..)(?=.)/g, '$1:')}`, ip: '192.0.2.10' };
const foreign = { mac: 'fa:16:3e:ff:ff:ff', ip: '192.0.2.66' };

/** What a guest sends under its own addresses, and under those of others. */
export const guestFrames = {
  'own address': udpFrame(own),
  'own ARP': arpFrame(own),
  'spoofed MAC': udpFrame({ ...own, mac: foreign.mac }),
  'spoofed IP': udpFrame({ ...own, ip: foreign.ip }),
  'spoofed IP in ARP': arpFrame({ ...own, ip: foreign.ip }),
  'spoofed MAC in ARP': arpFrame({ ...own, mac: foreign.mac, hardware: own.mac }),
};

const subnet = { cidr: '192.0.2.0/24', version: 4, ips: [{ address: own.ip }] };
const vifWith = (more: Readonly<Record<string, unknown>> = {}) =>
  aVif({ more: { address: own.mac, network: { bridge: name.bridge, subnets: [{ ...subnet, ...more }] } } });

/** A guest with one VIF. */
export const filterRequest: FirewallRequest = {
  instanceName: `vf-${id}`,
  chain: id,
  networkInfo: [vifWith()],
  rules: [],
  useIpv6: false,
  allowSameNetTraffic: true,
};
/** The same whose address a DHCP server gives. */
export const dhcpRequest = { ...filterRequest, networkInfo: [vifWith({ meta: { dhcp_server: '192.0.2.2' } })] };
/** The name of its filter. */
export const filterName = instanceFilterName(filterRequest.instanceName, vifWith());

/** Why there can be no filters of a real daemon; undefined where there can. */
export const filterObstacle = process.getuid?.() === 0 ? undefined : 'the lab’s libvirtd needs root';

/** The tap device of that guest, beside another one on a bridge, and libvirt's filters; ended by `await using`. */
export interface FilteredTap extends AsyncDisposable {
  readonly context: FirewallContext;
  /** The names of all filters that the daemon has. */
  filters(): Promise<readonly string[]>;
  /** Does what libvirt does when a domain starts whose interface names the filter. */
  bind(): Promise<void>;
  unbind(): Promise<void>;
  /** Which of {@link guestFrames} come out at the other device. */
  passing(): Promise<readonly string[]>;
}

export async function openFilteredTap(): Promise<FilteredTap> {
  execFileSync(join(root, 'tooling/setup/debian'), ['base', 'firewall'], { timeout: 600_000, stdio: 'ignore' });
  const exec = hostExec();
  const lab = [join(root, 'tooling/lab/lab'), 'up', 'libvirt', '--no-network'];
  await exec('bash', lab, { cwd: root, timeoutMs: 120_000 });
  const conn = await connect('qemu:///system');
  const directory = await mkdtemp(join(tmpdir(), 'spawnkit-vif-'));
  const virsh = (...args: readonly string[]) =>
    exec('virsh', ['-q', '-c', 'qemu:///system', ...args], { timeoutMs: 60_000 });
  await layBridge(exec);
  return {
    context: { exec, conn, clock: systemClock, locksPath: join(directory, 'locks') },
    filters: async () => (await conn.nwfilters.list()).map((one) => one.name).toSorted(),
    async bind() {
      const path = join(directory, 'binding.xml');
      await writeFile(path, bindingXml());
      await virsh('nwfilter-binding-create', path);
    },
    unbind: async () => void (await virsh('nwfilter-binding-delete', name.guest)),
    passing: () => sendFrames(exec, { from: name.guest, to: name.other, frames: guestFrames }),
    async [Symbol.asyncDispose]() {
      for (const device of [name.guest, name.other, name.bridge]) await exec('ip', ['link', 'delete', 'dev', device]);
      await conn[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}

async function layBridge(exec: Exec): Promise<void> {
  await exec('ip', ['link', 'add', name.bridge, 'type', 'bridge', 'forward_delay', '0']);
  await exec('ip', ['link', 'set', name.bridge, 'addrgenmode', 'none', 'up']);
  for (const tap of [name.guest, name.other]) {
    await exec('ip', ['tuntap', 'add', 'dev', tap, 'mode', 'tap']);
    await exec('ip', ['link', 'set', tap, 'master', name.bridge, 'up']);
  }
}

function bindingXml(): string {
  const owner = `<owner><name>${filterRequest.instanceName}</name><uuid>${randomUUID()}</uuid></owner>`;
  const rest = `<portdev name='${name.guest}'/><mac address='${own.mac}'/><filterref filter='${filterName}'/>`;
  return `<filterbinding>${owner}${rest}</filterbinding>`;
}
