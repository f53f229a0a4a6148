import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hostExec } from '@spawnkit/effects';
import type { Connection } from '@spawnkit/libvirt';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { instancesToResume } from '../../src/after-boot.ts';
import { connectHost } from '../../src/connect-host.ts';
import { defineDomain, undefineDomain } from '../../src/define.ts';
import { watchDomain } from '../../src/domain-watch.ts';
import { destroyDomain, launchDomain } from '../../src/launch.ts';
import { domainState } from '../../src/observe.ts';
import { forgetSavedState, saveDomain } from '../../src/saved-state.ts';
import { shutdownDomain } from '../../src/shutdown.ts';
import { openLab, type TinyDomain, tinyDomain } from '../tiny-domain.ts';

const root = join(import.meta.dirname, '../../../..');
const obstacle = process.getuid?.() === 0 ? undefined : 'the lab’s libvirtd needs root';
if (obstacle) process.stderr.write(`skipped, the long life of real domains: ${obstacle}\n`);

describe.skipIf(obstacle)('a real domain', () => {
  let conn: Connection;
  let lab: { readonly tiny: string };
  let guest: TinyDomain;
  let directory: string;
  let consoleLog: string;

  beforeAll(async () => {
    await hostExec()(join(root, 'tooling/setup/debian'), ['base'], { timeoutMs: 600_000 });
    lab = await openLab();
    conn = await connectHost('qemu:///system');
  }, 700_000);
  afterAll(() => conn[Symbol.asyncDispose]());

  beforeEach(async () => {
    directory = await mkdtemp('/var/tmp/spawnkit-runtime-');
    await hostExec()('chmod', ['0711', directory]);
    consoleLog = join(directory, 'console.log');
    guest = withConsole(tinyDomain(lab));
  });
  afterEach(async () => {
    await destroyDomain(conn, guest.uuid);
    await undefineDomain(conn, guest.uuid);
    await rm(directory, { recursive: true });
  });

  const withConsole = (one: TinyDomain): TinyDomain => ({
    ...one,
    xml: one.xml.replace("<serial type='pty'/>", `<serial type='pty'><log file='${consoleLog}'/></serial>`),
  });

  /** Starts the guest, and waits until its console shows that it is up. */
  async function boot(): Promise<void> {
    await launchDomain(await defineDomain(conn, guest.xml));
    for (let left = 600; !(await shown()).includes('TINY-READY'); left--) {
      if (left === 0) throw new Error(`The guest did not come up: ${await shown()}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  const shown = () => readFile(consoleLog, 'utf8').catch(() => '');

  test('that runs is asked to switch itself off, and does; one that is off needs no asking', async () => {
    await boot();
    expect(await shutdownDomain(conn, guest.uuid, { timeoutMs: 60_000 })).toBe('SHUTDOWN');
    expect(await domainState(conn, guest.uuid)).toEqual({ state: 'SHUTOFF', reason: 'SHUTDOWN' });
    expect(await shutdownDomain(conn, guest.uuid)).toBe('OFF');
  });

  test('that is paused cannot hear, and is ended', async () => {
    await launchDomain(await defineDomain(conn, guest.xml), { paused: true });
    await expect(shutdownDomain(conn, guest.uuid, { fallback: 'none' })).rejects.toMatchObject({
      code: 'WAIT_TIMEOUT',
    });
    expect(await shutdownDomain(conn, guest.uuid)).toBe('DESTROYED');
    expect(await domainState(conn, guest.uuid)).toEqual({ state: 'SHUTOFF', reason: 'DESTROYED' });
  });

  test('that has not booted yet does not listen, and is ended when its time is over', async () => {
    await launchDomain(await defineDomain(conn, guest.xml));
    expect(await shutdownDomain(conn, guest.uuid, { timeoutMs: 200 })).toBe('DESTROYED');
  });

  test('that stops at once ends the wait with its reason and the last lines of its console', async () => {
    guest = withConsole(tinyDomain(lab, 'tinyoff'));
    const domain = await defineDomain(conn, guest.xml);
    await using watch = await watchDomain(conn, guest.uuid, { consoleLogPath: consoleLog });
    await launchDomain(domain);
    const error = await watch.until('PAUSED', { timeoutMs: 120_000 }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'DOMAIN_STOPPED', context: { state: 'SHUTOFF', reason: 'SHUTDOWN' } });
    expect((error as Error).message).toMatch(/the end of its console:\n {2}\| /);
  });

  test('whose QEMU dies is seen to have crashed, by whoever awaits its end or something else', async () => {
    const domain = await defineDomain(conn, guest.xml);
    await using watch = await watchDomain(conn, guest.uuid);
    await launchDomain(domain);
    const over = watch.until(['SHUTOFF', 'CRASHED'], { timeoutMs: 120_000 });
    const paused = watch.until('PAUSED', { timeoutMs: 120_000 }).catch((reason: unknown) => reason);
    process.kill(Number(await readFile(`/run/libvirt/qemu/${guest.name}.pid`, 'utf8')), 'SIGKILL');
    expect(await over).toEqual({ state: 'SHUTOFF', reason: 'CRASHED' });
    expect(await paused).toMatchObject({ code: 'DOMAIN_STOPPED', context: { state: 'SHUTOFF', reason: 'CRASHED' } });
  });

  test('is saved, goes on from there, and forgets what was saved', async () => {
    await boot();
    expect(await saveDomain(conn, guest.uuid)).toBe(true);
    expect(await saveDomain(conn, guest.uuid)).toBe(true);
    expect(await domainState(conn, guest.uuid)).toEqual({ state: 'SHUTOFF', reason: 'SAVED' });
    await launchDomain(await conn.domains.byUuid(guest.uuid));
    // Not booted.
    expect(await domainState(conn, guest.uuid)).toEqual({ state: 'RUNNING', reason: 'RESTORED' });
    await saveDomain(conn, guest.uuid);
    for (const _ of [1, 2]) await forgetSavedState(conn, guest.uuid);
    const domain = await conn.domains.byUuid(guest.uuid);
    expect(await domain.managedSave.exists()).toBe(false);
    await saveDomain(conn, guest.uuid);
    // A saved image goes with the definition.
    await undefineDomain(conn, guest.uuid);
    expect(existsSync(`/var/lib/libvirt/qemu/save/${guest.name}.save`)).toBe(false);
  });

  test('that should run after a boot and does not is named, with what it needs', async () => {
    const wanted = [{ uuid: guest.uuid, shouldRun: true }];
    const action = async () => (await instancesToResume(conn, wanted))[0]?.action;
    expect(await action()).toBe('define');
    const domain = await defineDomain(conn, guest.xml);
    expect(await action()).toBe('start');
    await launchDomain(domain, { paused: true });
    expect(await action()).toBe('none');
  });
});
