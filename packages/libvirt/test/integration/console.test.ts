import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Connection, connect, type Domain, LibvirtError, NotFoundError } from '../../src/index.ts';
import { labObstacle, startLibvirt, tinyGuest } from '../lab.ts';

if (labObstacle) process.stderr.write(`skipped, the console of a real domain: ${labObstacle}\n`);

describe.skipIf(labObstacle)('a real domain', () => {
  let conn: Connection;
  let domain: Domain;

  beforeAll(async () => {
    startLibvirt();
    const tiny = tinyGuest();
    conn = await connect('qemu:///system');
    domain = await conn.domains.createXml(guest(tiny), { paused: true });
  });
  afterAll(async () => {
    if (domain?.id !== undefined) await domain.destroy();
    await conn?.[Symbol.asyncDispose]();
  });

  test('is paused until it is resumed', async () => {
    expect(await domain.state()).toMatchObject({ state: 'PAUSED' });
    expect(domain.id).toBeGreaterThan(0);
  });

  test('talks on its console in both directions, which only force takes from whoever has it', async () => {
    const tty = await domain.console();
    await using events = await conn.events.domain('lifecycle', { domain, signal: AbortSignal.timeout(60_000) });
    await domain.resume();
    expect((await events.next()).value).toMatchObject({ event: 'RESUMED', detail: 'UNPAUSED' });
    await expect(domain.console()).rejects.toMatchObject({ codeName: 'OPERATION_FAILED' });
    const output = await until(tty, 'tiny# ');
    expect(output).toContain('TINY-READY');
    tty.write('echo answer-$((6*7))\n');
    await until(tty, 'answer-42');
    const lost = once(tty, 'error');
    const taken = await domain.console({ force: true });
    expect(await lost).toEqual([expect.objectContaining({ domainName: 'STREAMS' })]);
    taken.write('echo again-$((6*7))\n');
    await until(taken, 'again-42');
    taken.end();
    await once(taken.resume(), 'close');
  });

  test('has statistics and addresses, and shows no screen where it has none', async () => {
    expect(await domain.info()).toMatchObject({ state: 'RUNNING', memoryKiB: 131_072n });
    expect((await domain.memoryStats()).RSS).toBeGreaterThan(0n);
    expect(await domain.interfaceAddresses()).toEqual([]);
    await expect(domain.screenshot()).rejects.toThrow(LibvirtError);
    expect(await conn.hostname()).not.toBe('');
  });

  test('ends its console when it is destroyed', async () => {
    const tty = await domain.console();
    const over = once(tty.resume(), 'end');
    await domain.destroy();
    await over;
    expect(domain.id).toBe(undefined);
    await expect(domain.state()).rejects.toThrow(NotFoundError);
  });
});

/** Reads until `marker` has come, and answers everything up to then. Throws when the console ends before. */
async function until(tty: Duplex, marker: string): Promise<string> {
  let output = '';
  while (!output.includes(marker)) {
    const chunk: unknown = tty.read();
    if (Buffer.isBuffer(chunk)) output += chunk.toString('latin1');
    else await once(tty, 'readable', { signal: AbortSignal.timeout(60_000) });
  }
  return output;
}

function guest(tiny: string): string {
  const uuid = randomUUID();
  return `<domain type='qemu'><name>spawnkit-libvirt-${uuid.slice(0, 8)}</name><uuid>${uuid}</uuid>
    <memory unit='MiB'>128</memory><vcpu>1</vcpu>
    <os><type arch='x86_64' machine='pc'>hvm</type><kernel>${tiny}/vmlinuz</kernel>
      <initrd>${tiny}/initramfs.img</initrd><cmdline>console=ttyS0 quiet</cmdline></os>
    <features><acpi/><tcg><tb-cache unit='MiB'>64</tb-cache></tcg></features>
    <on_reboot>destroy</on_reboot><devices><serial type='pty'/></devices></domain>`;
}
