import { machine } from 'node:os';
import { hostExec } from '@spawnkit/effects';
import type { Connection } from '@spawnkit/libvirt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectHost } from '../../src/connect-host.ts';
import { findEmulator } from '../../src/host/find-emulator.ts';
import { readHost } from '../../src/host/read-host.ts';
import { openLab } from '../tiny-domain.ts';

const obstacle = process.getuid?.() === 0 ? undefined : 'the lab’s libvirtd needs root';
if (obstacle) process.stderr.write(`skipped, facts of a real host: ${obstacle}\n`);

describe.skipIf(obstacle)('facts of this host', () => {
  let conn: Connection;

  beforeAll(async () => {
    await openLab();
    conn = await connectHost('qemu:///system');
  });
  afterAll(() => conn[Symbol.asyncDispose]());

  test('readHost tells what the daemon and the files say', async () => {
    const facts = await readHost(conn, { virtType: 'qemu', instancesPath: '/var/lib/spawnkit/instances' });
    expect(facts.arch).toBe(machine());
    expect(facts.emulator).toBe(await findEmulator(conn));
    expect(facts.guests.find(({ arch }) => arch === machine())?.machines.length).toBeGreaterThan(0);
    expect(facts.cpuModelNames.length).toBeGreaterThan(0);
    expect(facts.numaCells.flatMap(({ cpus }) => cpus)).toEqual(expect.arrayContaining([...facts.onlineCpus]));
    const { stdout } = await hostExec()('virsh', ['-c', 'qemu:///system', 'version']);
    const [, libvirt, hypervisor] = /Using library: libvirt (\S+)[^]*Running hypervisor: QEMU (\S+)/.exec(stdout) ?? [];
    expect([facts.libvirtVersion, facts.hypervisorVersion].map(dotted)).toEqual([libvirt, hypervisor]);
  });

  test('readHost asks a connection once for each kind of guest', async () => {
    const first = await readHost(conn, { virtType: 'qemu' });
    expect(await readHost(conn, { virtType: 'qemu' })).toBe(first);
    expect(await readHost(conn, { virtType: 'qemu', instancesPath: '/tmp' })).not.toBe(first);
  });

  test('an architecture without emulator is refused with what to install', async () => {
    const refusal = { code: 'HOST_UNSUITABLE', fix: expect.stringContaining('Install QEMU for riscv128') as string };
    await expect(readHost(conn, { virtType: 'qemu', arch: 'riscv128' })).rejects.toMatchObject(refusal);
    await expect(findEmulator(conn, { arch: 'riscv128' })).rejects.toMatchObject(refusal);
  });
});

function dotted(version: number): string {
  return [version / 1_000_000, (version / 1000) % 1000, version % 1000].map(Math.floor).join('.');
}
