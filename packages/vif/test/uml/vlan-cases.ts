import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostExec } from '@spawnkit/effects';
import { checkVif, plug, unplug } from '../../src/plug.ts';
import type { VifContext } from '../../src/vif-type.ts';
import { aVif, vifIds } from '../a-vif.ts';
import { ask, endGreeting, greet } from '../tcp-greeting.ts';

/**
 * Run in user-mode Linux, whose kernel has VLANs: prints, as JSON, what came of each step. The cable `up0` leads to another
 * namespace, where 192.0.2.9 is in VLAN 99 and answers at port 80.
 */
const exec = hostExec();
const ip = async (...args: readonly string[]) => (await exec('ip', args)).stdout;
const meta = { should_create_bridge: true, should_create_vlan: true, vlan: 99, bridge_interface: 'up0', mtu: 1450 };
const [one, other] = vifIds.map((id) => aVif({ id, meta })) as [ReturnType<typeof aVif>, ReturnType<typeof aVif>];
const details = { macvtap_source: 'up0.7', macvtap_mode: 'bridge', physical_interface: 'up0', vlan: '7' };
const macvtap = aVif({ type: 'macvtap', more: { details } });

async function links(): Promise<unknown> {
  const all = JSON.parse(await ip('-json', '-details', 'link', 'show')) as readonly Link[];
  return all
    .map(({ ifname, master, link, flags, linkinfo }) => {
      const { info_kind: kind, info_data: data } = linkinfo ?? {};
      return {
        name: ifname,
        kind,
        master,
        below: kind === 'vlan' ? link : undefined,
        vlan: data?.id,
        up: flags.includes('UP'),
      };
    })
    .filter(({ name }) => !['lo', 'tunl0', 'sit0'].includes(name));
}

interface Link {
  readonly ifname: string;
  readonly master?: string;
  readonly link?: string;
  readonly flags: readonly string[];
  readonly linkinfo?: { readonly info_kind?: string; readonly info_data?: { readonly id?: number } };
}

async function run(modules: string): Promise<Readonly<Record<string, unknown>>> {
  for (const module of ['8021q', 'veth', 'bridge']) await exec('modprobe', ['-d', modules, module]);
  await ip('netns', 'add', 'peer');
  await ip('link', 'add', 'up0', 'type', 'veth', 'peer', 'name', 'up1', 'netns', 'peer');
  const there = ['-netns', 'peer'];
  await ip(...there, 'link', 'add', 'link', 'up1', 'name', 'up1.99', 'type', 'vlan', 'id', '99');
  await ip(...there, 'address', 'add', '192.0.2.9/24', 'dev', 'up1.99');
  for (const device of ['lo', 'up1', 'up1.99']) await ip(...there, 'link', 'set', device, 'up');
  await ip('link', 'set', 'up0', 'up');
  const serving = await greet('peer', '192.0.2.9', [80]);
  const locksPath = await mkdtemp(join(tmpdir(), 'spawnkit-vif-'));
  const conn = undefined as never; /* devices are no matter of libvirt's */
  const context: VifContext = { exec, conn, locksPath };
  const before = await links();
  await checkVif(one, context);
  await plug(one, context);
  const plugged = await links();
  await ip('address', 'add', '192.0.2.1/24', 'dev', 'br-test');
  const reached = await ask(exec, '192.0.2.9', 80, 5000);
  await ip('address', 'flush', 'dev', 'br-test');
  await plug(one, context);
  await plug(other, context);
  const again = await links();
  await unplug(one, context);
  const shared = await links();
  await unplug(other, context);
  await unplug(other, context);
  const left = await links();
  await plug(macvtap, context);
  await plug(macvtap, context);
  const source = await links();
  await unplug(macvtap, context);
  const end = await links();
  await endGreeting(serving);
  return { before, plugged, reached, again, shared, left, source, end };
}

process.stdout.write(`${JSON.stringify(await run(process.argv[2] ?? ''))}\n`);
