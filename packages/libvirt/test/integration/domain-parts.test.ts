import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Connection, connect, type Domain, NotFoundError, OperationInvalidError } from '../../src/index.ts';
import { labObstacle, startLibvirt, testDomain } from '../lab.ts';

if (labObstacle) process.stderr.write(`skipped, parts of real domains: ${labObstacle}\n`);

describe.skipIf(labObstacle)('a domain of the test driver', () => {
  let conn: Connection;
  let domain: Domain;

  beforeAll(async () => {
    startLibvirt();
    conn = await connect('test:///default');
  });
  afterAll(() => conn?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    domain = await conn.domains.define(testDomain().xml.replace('<vcpu>1</vcpu>', '<vcpu current="1">2</vcpu>'));
    await domain.start();
  });
  afterEach(async () => {
    if (await domain.isActive()) await domain.destroy();
    for (const snapshot of await domain.snapshots.list()) await snapshot.delete();
    await domain.undefine();
  });

  test('has snapshots that know their parents, and goes back to them', async () => {
    expect(await domain.snapshots.current()).toBe(undefined);
    const first = await domain.snapshots.create('<domainsnapshot><name>first</name></domainsnapshot>');
    await domain.suspend();
    const second = await domain.snapshots.create('<domainsnapshot><name>second</name></domainsnapshot>');
    expect((await domain.snapshots.current())?.name).toBe('second');
    expect([(await second.parent())?.name, await first.parent()]).toEqual(['first', undefined]);
    expect((await first.children()).map(({ name }) => name)).toEqual(['second']);
    expect((await domain.snapshots.list({ flags: ['ROOTS'] })).map(({ name }) => name)).toEqual(['first']);
    expect([await first.isCurrent(), await second.hasMetadata()]).toEqual([false, true]);
    await (await domain.snapshots.byName('first')).revert();
    expect((await domain.state()).state).toBe('RUNNING');
    await first.delete({ flags: ['CHILDREN_ONLY'] });
    await expect(second.parent()).rejects.toThrow(NotFoundError);
  });

  test('tells what it does, in one call with all others', async () => {
    const all = await conn.domains.stats({ groups: ['STATE', 'CPU_TOTAL'], flags: ['RUNNING'] });
    expect(all.map((one) => one.domain.uuid)).toContain(domain.uuid);
    const [own] = await conn.domains.stats({ domains: [domain], groups: ['STATE'] });
    expect(own?.domain.name).toBe(domain.name);
    expect(own?.params).toEqual({ 'state.state': 1, 'state.reason': 1 });
  });

  test('has CPUs and memory that can be set', async () => {
    const { resources } = domain;
    expect(await resources.vcpuCount()).toBe(1);
    await resources.setVcpuCount(2, { flags: ['LIVE'] });
    expect(await resources.vcpuCount({ flags: ['LIVE', 'MAXIMUM'] })).toBe(2);
    await resources.pinVcpu(0, [0], { flags: [] }).catch((error: unknown) => expect(error).toMatchObject({ code: 8 }));
    expect((await resources.vcpus()).map(({ number, state }) => [number, state])).toEqual([
      [0, 'RUNNING'],
      [1, 'RUNNING'],
    ]);
    expect(await resources.maxMemoryKiB()).toBe(65_536n);
    await resources.setMemory(32_768n, { flags: ['LIVE'] });
    expect((await domain.info()).memoryKiB).toBe(32_768n);
  });

  test('is saved, and goes on', async () => {
    const directory = await mkdtemp('/tmp/spawnkit-saved-');
    await conn.domains.save(domain, `${directory}/state`);
    expect((await domain.state()).state).toBe('SHUTOFF');
    await conn.domains.restore(`${directory}/state`);
    expect((await domain.state()).state).toBe('RUNNING');
    await domain.managedSave.create();
    expect(await domain.managedSave.exists()).toBe(true);
    await domain.managedSave.remove();
    expect(await domain.managedSave.exists()).toBe(false);
    await rm(directory, { recursive: true });
  });

  test('lives on a host with devices and interfaces', async () => {
    const computer = await conn.nodeDevices.byName('computer');
    expect(await computer.xml()).toContain('<name>computer</name>');
    expect(await computer.parent()).toBe(undefined);
    expect(await computer.capabilities()).toEqual(['system']);
    expect((await conn.nodeDevices.list({ flags: ['CAP_SYSTEM'] })).map(({ name }) => name)).toContain('computer');
    const [eth] = await conn.interfaces.list({ flags: ['ACTIVE'] });
    if (!eth) throw new Error('The test driver has no interface');
    expect((await conn.interfaces.byMac(eth.mac)).name).toBe(eth.name);
    expect([await eth.isActive(), (await eth.xml()).includes(eth.name)]).toEqual([true, true]);
    await expect(conn.interfaces.byName('nobody')).rejects.toThrow(NotFoundError);
  });
});

describe.skipIf(labObstacle)('a paused domain of QEMU', () => {
  let directory: string;
  let conn: Connection;
  let domain: Domain;

  beforeAll(async () => {
    startLibvirt();
    directory = await mkdtemp('/tmp/spawnkit-parts-');
    await chmod(directory, 0o777);
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', `${directory}/disk`, '8M']);
    await chmod(`${directory}/disk`, 0o666);
    conn = await connect('qemu:///system');
    domain = await conn.domains.define(guest(testDomain().name, `${directory}/disk`));
    await domain.start({ paused: true });
  });
  afterAll(async () => {
    if (domain && (await domain.isActive())) await domain.destroy();
    await domain?.undefine({ flags: ['CHECKPOINTS_METADATA'] });
    await conn?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  test('is talked to behind libvirt’s back', async () => {
    expect(await conn.qemu.monitor(domain, { execute: 'query-status' })).toMatchObject({ running: false });
    expect(await conn.qemu.humanMonitor(domain, 'info status')).toContain('paused');
    const unknown = conn.qemu.monitor(domain, { execute: 'no-such-command' });
    await expect(unknown).rejects.toMatchObject({ codeName: 'OPERATION_FAILED', str1: 'CommandNotFound' });
  });

  test('shows a picture of the size that it says', async () => {
    const { mime, stream } = await domain.screenshot();
    const bytes = await buffer(stream);
    expect(sizeOf(mime, bytes)).toEqual({ width: expect.any(Number), height: expect.any(Number) });
  });

  test('copies its disk until it is told to stop', async () => {
    const { blockJobs } = domain;
    expect(await blockJobs.info('vda')).toBe(undefined);
    const target = `<disk type='file'><source file='${directory}/copy'/><driver type='qcow2'/></disk>`;
    await blockJobs.copy('vda', target, { flags: ['TRANSIENT_JOB'], params: { bandwidth: 1_048_576n } });
    expect(await blockJobs.info('vda')).toMatchObject({ type: 'COPY', bandwidthBytesPerSecond: 1_048_576n });
    await blockJobs.setSpeed('vda', 2_097_152n);
    await blockJobs.abort('vda');
    expect(await blockJobs.info('vda')).toBe(undefined);
    await expect(blockJobs.abort('vda')).rejects.toMatchObject({ codeName: 'INVALID_ARG' });
  });

  test('remembers what changes from a checkpoint on', async () => {
    const first = await domain.checkpoints.create('<domaincheckpoint><name>first</name></domaincheckpoint>');
    const second = await domain.checkpoints.create('<domaincheckpoint><name>second</name></domaincheckpoint>');
    expect([(await second.parent())?.name, await first.parent()]).toEqual(['first', undefined]);
    expect((await first.children()).map(({ name }) => name)).toEqual(['second']);
    expect((await domain.checkpoints.list()).length).toBe(2);
    expect(await (await domain.checkpoints.byName('second')).xml({ flags: ['NO_DOMAIN'] })).toContain('second');
    await first.delete({ flags: ['CHILDREN'] });
    expect(await domain.checkpoints.list()).toEqual([]);
  });

  test('has limits that can be set, and is in no job', async () => {
    const { tuning } = domain;
    await tuning.setBlockIo('vda', { total_bytes_sec: 123_456n });
    expect(await tuning.blockIo('vda')).toMatchObject({ total_bytes_sec: 123_456n });
    await tuning.setMemory({ hard_limit: 4_000_000n }, { flags: ['CONFIG'] });
    expect((await tuning.memory({ flags: ['CONFIG'] })).hard_limit).toBe(4_000_000n);
    expect((await tuning.scheduler({ flags: ['CONFIG'] })).cpu_shares).toEqual(expect.any(BigInt));
    await expect(tuning.setMemory({ hard_limit: 1 } as never)).rejects.toThrow(TypeError);
    await domain.resources.resizeDisk('vda', 16_777_216n);
    expect((await domain.blockInfo('vda')).capacityBytes).toBe(16_777_216n);
    expect(await domain.job.stats()).toEqual({ type: 'NONE', params: {} });
    await expect(domain.job.abort()).rejects.toThrow(OperationInvalidError);
    await expect(domain.agent.time()).rejects.toThrow(OperationInvalidError);
  });
});

/** Reads the size out of a picture, which must be as long as that. */
function sizeOf(mime: string | undefined, bytes: Buffer): { width: number; height: number } {
  if (mime === 'image/png') {
    expect(bytes.subarray(1, 4).toString()).toBe('PNG');
    expect(bytes.subarray(-8, -4).toString()).toBe('IEND');
    return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
  }
  expect(mime).toBe('image/x-portable-pixmap');
  const [head = '', width, height] = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(bytes.subarray(0, 30).toString('latin1')) ?? [];
  expect(bytes.length - head.length).toBe(Number(width) * Number(height) * 3);
  return { width: Number(width), height: Number(height) };
}

function guest(name: string, disk: string): string {
  return `<domain type='qemu'><name>${name}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
    <os><type arch='x86_64' machine='pc'>hvm</type></os>
    <features><tcg><tb-cache unit='MiB'>64</tb-cache></tcg></features>
    <devices><disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${disk}'/>
      <target dev='vda' bus='virtio'/></disk><graphics type='vnc'><listen type='none'/></graphics>
      <video><model type='vga'/></video></devices></domain>`;
}
