import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { connect, type ConnectOptions } from '../../src/connect.ts';
import { labObstacle, startLibvirt, testDomain } from '../lab.ts';
import { installRemote, type PrivateDaemon, privateDaemon } from '../private-daemon.ts';
import { type PrivateSshd, privateSshd } from '../private-sshd.ts';

if (labObstacle) process.stderr.write(`skipped, ssh on loopback: ${labObstacle}\n`);

const auth = { username: 'nova', password: 's3cret' };

async function reaches(uri: string, options: ConnectOptions = {}): Promise<void> {
  await using conn = await connect(uri, options);
  expect((await conn.domains.byName('test')).name).toBe('test');
}

/** Processes of this name that this one has started. */
function childrenCalled(name: string): string[] {
  const stat = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/stat`, 'utf8');
    } catch {
      return '';
    }
  };
  const start = new RegExp(`^\\d+ \\(${name}\\) \\S+ ${process.pid} `);
  return readdirSync('/proc').filter((pid) => start.test(stat(pid)));
}

describe.skipIf(labObstacle)('daemons by ssh on loopback', () => {
  let sshd: PrivateSshd;
  let daemon: PrivateDaemon;

  beforeAll(async () => {
    installRemote();
    startLibvirt();
    sshd = await privateSshd();
    daemon = await privateDaemon({
      config: { auth_unix_rw: 'sasl' },
      sasl: { mechanisms: 'scram-sha-256', users: { nova: 's3cret' } },
    });
  }, 700_000);
  afterAll(async () => {
    await daemon?.[Symbol.asyncDispose]();
    await sshd?.[Symbol.asyncDispose]();
  });

  test.each(['proxy=auto', 'proxy=native', 'proxy=netcat', 'netcat=/bin/nc'])('the machine’s with %s', async (how) => {
    await reaches(`test+ssh://${sshd.authority}/default?${sshd.params}&${how}`);
  });

  test.each(['libssh', 'libssh2'])('the machine’s by the name of %s', async (transport) => {
    await reaches(`test+${transport}://${sshd.authority}/default?${sshd.params}`);
  });

  test.each(['proxy=native', 'proxy=netcat'])('the machine’s read-only, with %s', async (how) => {
    await using conn = await connect(`test+ssh://${sshd.authority}/default?${sshd.params}&${how}`, { readonly: true });
    expect((await conn.domains.byName('test')).name).toBe('test');
    await expect(conn.domains.define(testDomain().xml)).rejects.toMatchObject({ name: 'AccessDeniedError' });
  });

  test('our own by its socket, with a password', async () => {
    await reaches(`test+ssh://${sshd.authority}/default?${sshd.params}&socket=${daemon.socket}`, { auth });
  });

  test('the machine’s, whatever driver it prefers', async () => {
    await using conn = await connect(`remote+ssh://${sshd.authority}/?${sshd.params}`);
    expect((await conn.nodeInfo()).cpus).toBeGreaterThan(0);
  });

  test('a daemon that is not there is UNREACHABLE', async () => {
    const opening = connect(`test+ssh://${sshd.authority}/default?${sshd.params}&socket=/nonexistent/sock`);
    await expect(opening).rejects.toMatchObject({ code: 'UNREACHABLE', maybeExecuted: false });
    await expect(opening).rejects.toThrow(/by ssh: ssh ended with exit code 1: .*No such file or directory/);
  });

  test('keys that nobody knows are refused without a question', async () => {
    const uri = `test+ssh://${sshd.authority}/default?${sshd.params.replace('keyfile=', 'keyfile=/nonexistent')}`;
    await expect(connect(uri)).rejects.toThrow(/ssh ended with exit code 255: .*Permission denied/);
    await reaches(
      `test+ssh://${sshd.authority}/default?${sshd.params.replace('known_hosts_verify=normal', 'no_verify=1')}`,
    );
  });

  test('an abort while ssh asks its way leaves no ssh behind', async () => {
    const controller = new AbortController();
    const opening = connect(`test+ssh://${sshd.authority}/default?${sshd.params}`, controller);
    await vi.waitFor(() => expect(childrenCalled('ssh')).toHaveLength(1), { interval: 5 });
    controller.abort(new Error('enough'));
    await expect(opening).rejects.toThrow('enough');
    expect(childrenCalled('ssh')).toEqual([]);
  });

  test('a connection whose ssh ends is renewed by another one', async () => {
    const uri = `test+ssh://${sshd.authority}/default?${sshd.params}&socket=${daemon.socket}`;
    await using conn = await connect(uri, { auth, reconnect: { minDelayMs: 50, maxDelayMs: 200 } });
    await using events = await conn.events.domain('lifecycle');
    await daemon.restart();
    expect(await events.next()).toEqual({ done: false, value: { type: 'gap' } });
    expect(await conn.hostname()).toBeTruthy();
  });
});
