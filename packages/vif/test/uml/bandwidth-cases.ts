import { mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { hostExec } from '@spawnkit/effects';
import { plug, unplug } from '../../src/plug.ts';
import type { VifContext } from '../../src/vif-type.ts';
import { aVif } from '../a-vif.ts';

/**
 * Run in user-mode Linux, whose kernel can shape traffic: prints, as JSON, what limits libvirt sets on the device of a guest
 * that it starts on a bridge of ours. The guest stays paused.
 */
const exec = hostExec();
const emulator = '/usr/bin/qemu-system-x86_64';
const modules = ['bridge', 'tun', 'sch_htb', 'sch_sfq', 'sch_ingress', 'cls_u32', 'cls_fw', 'act_police'];
const bandwidth = `<bandwidth><inbound average='100' peak='200' burst='300'/><outbound average='10' peak='20' burst='30'/></bandwidth>`;
const vif = aVif({ meta: { should_create_bridge: true }, more: { devname: 'tap-limited' } });
const xml = `<domain type='qemu'><name>limited</name><memory unit='MiB'>32</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <features><tcg><tb-cache unit='MiB'>32</tb-cache></tcg></features>
  <devices><emulator>${emulator}</emulator>
    <interface type='bridge'><mac address='${vif.address}'/><source bridge='br-test'/><target dev='tap-limited'/>
      <model type='virtio'/>${bandwidth}</interface></devices></domain>`;

async function startLibvirt(): Promise<void> {
  // What libvirt writes would be seen by the host's.
  for (const name of ['lib', 'log', 'cache']) await exec('mount', ['-t', 'tmpfs', 'tmpfs', `/var/${name}/libvirt`]);
  await exec('mount', ['-t', 'devpts', 'devpts', '/dev/pts']);
  // libvirt asks each emulator that it finds what it can, and all but one are of no use here.
  const programs = await mkdtemp(join(tmpdir(), 'emulator-'));
  await symlink(emulator, join(programs, basename(emulator)));
  const env = { PATH: `${programs}:/usr/sbin:/sbin` };
  await exec('virtlogd', ['-d'], { env });
  await exec('libvirtd', ['-d'], { env });
  for (let attempt = 0; attempt < 120; attempt++) {
    if ((await exec('virsh', ['-q', 'version'], { okExitCodes: [0, 1] })).exitCode === 0) return;
    await delay(500);
  }
  throw new Error('libvirt does not answer within a minute');
}

async function run(directory: string): Promise<Readonly<Record<string, string>>> {
  for (const module of modules) await exec('modprobe', ['-d', directory, module]);
  const locksPath = await mkdtemp(join(tmpdir(), 'spawnkit-vif-'));
  const conn = undefined as never; /* bridges are no matter of libvirt's */
  const context: VifContext = { exec, conn, locksPath };
  await startLibvirt();
  await plug(vif, context);
  const file = join(locksPath, 'domain.xml');
  await writeFile(file, xml);
  await exec('virsh', ['-q', 'create', file, '--paused'], { timeoutMs: 120_000 });
  const tc = async (...args: readonly string[]) => (await exec('tc', args)).stdout;
  const towards = await tc('class', 'show', 'dev', 'tap-limited');
  const from = await tc('filter', 'show', 'dev', 'tap-limited', 'parent', 'ffff:');
  await exec('virsh', ['-q', 'destroy', 'limited']);
  await unplug(vif, context);
  const left = (await exec('ip', ['-brief', 'link', 'show', 'type', 'bridge'])).stdout;
  return { towards, from, left };
}

process.stdout.write(`${JSON.stringify(await run(process.argv[2] ?? ''))}\n`);
