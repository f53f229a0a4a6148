import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hostExec } from '@spawnkit/effects';
import { parseNetworkInfo } from '@spawnkit/instance';
import type { Connection } from '@spawnkit/libvirt';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectHost } from '../../src/connect-host.ts';
import { defineDomain, undefineDomain } from '../../src/define.ts';
import { watchDomain } from '../../src/domain-watch.ts';
import { createEventWaiter } from '../../src/event-waiter.ts';
import { eventsToExpect } from '../../src/expected-events.ts';
import { destroyDomain, launchDomain, resumeDomain } from '../../src/launch.ts';
import { openLab, type TinyDomain, tinyDomain } from '../tiny-domain.ts';

const obstacle = process.getuid?.() === 0 ? undefined : 'the lab’s libvirtd needs root';
if (obstacle) process.stderr.write(`skipped, lifecycle of real domains: ${obstacle}\n`);

describe.skipIf(obstacle)('a real domain', () => {
  let conn: Connection;
  let lab: { readonly tiny: string };
  let guest: TinyDomain;

  beforeAll(async () => {
    const setup = join(import.meta.dirname, '../../../../tooling/setup/debian');
    await hostExec()(setup, ['base', 'firmware'], { timeoutMs: 600_000 });
    lab = await openLab();
    conn = await connectHost('qemu:///system');
  }, 700_000);
  afterAll(() => conn[Symbol.asyncDispose]());

  beforeEach(() => {
    guest = tinyDomain(lab);
  });
  afterEach(async () => {
    await destroyDomain(conn, guest.uuid);
    await undefineDomain(conn, guest.uuid);
    expect((await conn.domains.list()).map(({ uuid }) => uuid)).not.toContain(guest.uuid);
  });

  const port = '5b0ff4a8-0f5a-4d0c-9f6d-5d7d1f3ab6c1';
  const networkInfo = parseNetworkInfo([
    { id: port, address: '52:54:00:12:34:56', type: 'bridge', network: { bridge: 'br0' }, active: false },
  ]);
  const plugged = (status: string) => ({ instanceUuid: guest.uuid, name: 'network-vif-plugged', tag: port, status });
  const expectPorts = (events = createEventWaiter()) =>
    events.expect(guest.uuid, eventsToExpect(networkInfo, { virtType: 'qemu', vifPluggingTimeoutS: 300 }));
  const stateOf = async () => (await conn.domains.byUuid(guest.uuid)).state();

  test('is launched paused, resumed when its port is plugged, and runs', async () => {
    const events = createEventWaiter();
    using expectation = expectPorts(events);
    const domain = await defineDomain(conn, guest.xml);
    await using watch = await watchDomain(conn, guest.uuid);
    await launchDomain(domain, { paused: true });
    await watch.until('PAUSED', { timeoutMs: 10_000 });
    setTimeout(() => events.deliver(plugged('completed')), 50);
    await watch.whileAlive((signal) => expectation.wait({ timeoutMs: 30_000, signal }));
    expect(await domain.state()).toMatchObject({ state: 'PAUSED' });
    await resumeDomain(domain);
    await watch.until('RUNNING', { timeoutMs: 10_000 });
    expect(await domain.state()).toMatchObject({ state: 'RUNNING' });
    await resumeDomain(domain);
    expect(events.pending).toBe(0);
  });

  test('whose port is never plugged stays paused, and the error names event and port', async () => {
    using expectation = expectPorts();
    await launchDomain(await defineDomain(conn, guest.xml), { paused: true });
    await expect(expectation.wait({ timeoutMs: 100 })).rejects.toMatchObject({
      code: 'EVENT_TIMEOUT',
      message: expect.stringContaining(`network-vif-plugged of port ${port} did not come within 0.1 s`) as string,
    });
    expect(await stateOf()).toMatchObject({ state: 'PAUSED' });
  });

  test('whose port fails is not waited for any longer', async () => {
    const events = createEventWaiter();
    using expectation = expectPorts(events);
    await launchDomain(await defineDomain(conn, guest.xml), { paused: true });
    events.deliver(plugged('failed'));
    await expect(expectation.wait({ timeoutMs: 300_000 })).rejects.toMatchObject({ code: 'EVENT_FAILED' });
  });

  test('that somebody ends while its port is awaited ends the wait', async () => {
    using expectation = expectPorts();
    const domain = await defineDomain(conn, guest.xml);
    await using watch = await watchDomain(conn, guest.uuid);
    await launchDomain(domain, { paused: true });
    setTimeout(() => void domain.destroy(), 100);
    await expect(watch.whileAlive((signal) => expectation.wait({ timeoutMs: 300_000, signal }))).rejects.toMatchObject({
      code: 'DOMAIN_STOPPED',
      context: { state: 'SHUTOFF', reason: 'DESTROYED' },
    });
    await expect(resumeDomain(domain)).rejects.toMatchObject({ code: 'DOMAIN_STOPPED' });
  });

  test('that powers itself off is seen to stop, with libvirt’s reason', async () => {
    guest = tinyDomain(lab, 'tinyoff');
    const domain = await defineDomain(conn, guest.xml);
    await using watch = await watchDomain(conn, guest.uuid);
    await launchDomain(domain);
    await watch.until('RUNNING', { timeoutMs: 10_000 });
    await expect(watch.until('PAUSED', { timeoutMs: 120_000 })).rejects.toMatchObject({
      code: 'DOMAIN_STOPPED',
      context: { state: 'SHUTOFF', reason: 'SHUTDOWN', wanted: 'PAUSED' },
    });
    await watch.until('SHUTOFF', { timeoutMs: 1000 });
  });

  test('that does not come to a state in time is reported with the state it has', async () => {
    const domain = await defineDomain(conn, guest.xml);
    await using watch = await watchDomain(conn, guest.uuid);
    await launchDomain(domain, { paused: true });
    await expect(watch.until('RUNNING', { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'WAIT_TIMEOUT',
      message: expect.stringContaining('it is PAUSED (USER)') as string,
    });
  });

  test('is destroyed and undefined again and again, paused, running, stopped or gone', async () => {
    await destroyDomain(conn, guest.uuid);
    await undefineDomain(conn, guest.uuid);
    const domain = await defineDomain(conn, guest.xml);
    await destroyDomain(conn, guest.uuid);
    for (const paused of [true, false]) {
      await launchDomain(domain, { paused });
      await Promise.all([destroyDomain(conn, guest.uuid), destroyDomain(conn, guest.uuid)]);
      expect(await stateOf()).toEqual({ state: 'SHUTOFF', reason: 'DESTROYED' });
    }
    await Promise.all([undefineDomain(conn, guest.uuid), undefineDomain(conn, guest.uuid)]);
    await expect(stateOf()).rejects.toMatchObject({ codeName: 'NO_DOMAIN' });
    await undefineDomain(conn, guest.uuid);
  });

  test('that is transient is gone when it is destroyed', async () => {
    await conn.domains.createXml(guest.xml, { paused: true });
    await using watch = await watchDomain(conn, guest.uuid);
    await destroyDomain(conn, guest.uuid);
    await watch.until('SHUTOFF', { timeoutMs: 1000 });
    await undefineDomain(conn, guest.uuid);
  });

  test('whose launch is aborted runs or not, and either way destroy ends it', async () => {
    const domain = await defineDomain(conn, guest.xml);
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error('changed my mind')), 20);
    await expect(launchDomain(domain, { signal: abort.signal })).rejects.toThrow('changed my mind');
    await destroyDomain(conn, guest.uuid);
    expect(await stateOf()).toMatchObject({ state: 'SHUTOFF' });
  });

  test('with UEFI and a TPM leaves neither variables nor state behind, unless they are to be kept', async () => {
    const xml = guest.xml
      .replace(/<kernel>[^]*<\/cmdline>/, '')
      .replace('<os>', "<os firmware='efi'>")
      .replace("machine='pc'", "machine='q35'")
      .replace('<devices>', "<devices><tpm model='tpm-tis'><backend type='emulator' version='2.0'/></tpm>");
    const nvram = `/var/lib/libvirt/qemu/nvram/${guest.name}_VARS.fd`;
    const tpm = `/var/lib/libvirt/swtpm/${guest.uuid}`;
    for (const keepFirmwareState of [true, false]) {
      const domain = await defineDomain(conn, xml);
      await launchDomain(domain, { paused: true });
      expect((await stat(nvram)).size).toBeGreaterThan(0);
      expect(existsSync(tpm)).toBe(true);
      await resumeDomain(domain);
      await destroyDomain(conn, guest.uuid);
      await undefineDomain(conn, guest.uuid, { keepFirmwareState });
      expect(existsSync(nvram)).toBe(keepFirmwareState);
      expect(existsSync(tpm)).toBe(keepFirmwareState);
    }
  });

  test('that libvirt cannot start is refused in libvirt’s words', async () => {
    const domain = await defineDomain(conn, guest.xml.replace('/vmlinuz', '/no-such-kernel'));
    await expect(launchDomain(domain)).rejects.toThrow(/no-such-kernel/);
    await expect(defineDomain(conn, '<domain/>')).rejects.toMatchObject({ name: 'LibvirtError' });
  });
});
