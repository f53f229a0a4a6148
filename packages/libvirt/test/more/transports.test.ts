import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openClient } from '../../src/client/open-client.ts';
import { connect, type ConnectOptions } from '../../src/connect.ts';
import { connectGetUri } from '../../src/generated/procedures.gen.ts';
import { hostIn } from '../client-host.ts';
import { type Pki, pki } from '../pki.ts';
import {
  daemonDirectory,
  daemonObstacle,
  freePort,
  installRemote,
  type PrivateDaemon,
  privateDaemon,
} from '../private-daemon.ts';

if (daemonObstacle) process.stderr.write(`skipped, daemons of our own: ${daemonObstacle}\n`);

const auth = { username: 'nova', password: 's3cret' };

async function reaches(uri: string, options: ConnectOptions = {}): Promise<void> {
  await using conn = await connect(uri, options);
  expect((await conn.domains.byName('test')).name).toBe('test');
}

describe.skipIf(daemonObstacle)('a libvirtd of our own', () => {
  let certificates: Pki;
  let tlsPort: number;
  let tcpPort: number;
  let daemon: PrivateDaemon;
  let demanding: PrivateDaemon;
  let demandingPort: number;

  beforeAll(async () => {
    installRemote();
    certificates = pki();
    [tlsPort, tcpPort, demandingPort] = [await freePort(), await freePort(), await freePort()];
    const { server } = certificates;
    const config = {
      listen_tls: 1,
      tls_port: String(tlsPort),
      ca_file: `${server}/cacert.pem`,
      cert_file: `${server}/servercert.pem`,
      key_file: `${server}/serverkey.pem`,
      listen_tcp: 1,
      tcp_port: String(tcpPort),
      auth_tcp: 'none',
    };
    daemon = await privateDaemon({ config });
    demanding = await privateDaemon({
      config: { auth_unix_rw: 'sasl', listen_tcp: 1, tcp_port: String(demandingPort), auth_tcp: 'sasl' },
      sasl: {
        mechanisms: 'digest-md5 plain scram-sha-1 scram-sha-256 scram-sha-512',
        users: { nova: 's3cret', 'a=b,c': 'pässword' },
      },
    });
  }, 700_000);
  afterAll(async () => {
    await demanding?.[Symbol.asyncDispose]();
    await daemon?.[Symbol.asyncDispose]();
    certificates?.[Symbol.dispose]();
  });

  const tls = (pkipath: string, rest = '', host = 'localhost') =>
    `test+tls://${host}:${tlsPort}/default?pkipath=${pkipath}${rest}`;
  const demandingUri = (rest = '') => `test+unix:///default?socket=${demanding.socket}${rest}`;

  test('is reached by its socket and by tcp', async () => {
    await reaches(`test+unix:///default?socket=${daemon.socket}`);
    await reaches(`test+tcp://127.0.0.1:${tcpPort}/default`);
    await expect(connect(`test+tcp://127.0.0.1:${await freePort()}/default`)).rejects.toMatchObject({
      code: 'UNREACHABLE',
    });
  });

  test('is reached by TLS under its own name, or without asking for it', async () => {
    await reaches(tls(certificates.client));
    await expect(connect(tls(certificates.client, '', '127.0.0.1'))).rejects.toThrow('ERR_TLS_CERT_ALTNAME_INVALID');
    await reaches(tls(certificates.client, '&no_verify=1', '127.0.0.1'));
  });

  test('lets nobody in by TLS who has no certificate, or a stranger’s', async () => {
    const stranger = connect(tls(certificates.stranger));
    await expect(stranger).rejects.toMatchObject({ code: 'UNREACHABLE', maybeExecuted: false });
    const host = hostIn('/nonexistent', { euid: 1000, userPkiDirectory: certificates.server });
    const nobody = openClient(`test+tls://localhost:${tlsPort}/default`, { host });
    await expect(nobody).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });

  test('finds a user’s certificates by itself', async () => {
    const host = hostIn('/nonexistent', { euid: 1000, userPkiDirectory: certificates.client });
    const { client } = await openClient(`test+tls://localhost:${tlsPort}/default`, { host });
    await client[Symbol.asyncDispose]();
  });

  test.each(['SCRAM-SHA-512', 'SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN'])('authenticates by %s', async (mechanism) => {
    await reaches(demandingUri(`&auth=sasl.${mechanism}`), { auth });
    await reaches(demandingUri(`&auth=sasl.${mechanism}`), {
      auth: { username: 'a=b,c', password: async () => 'pässword' },
    });
    for (const wrong of [
      { ...auth, password: 'guess' },
      { ...auth, username: 'nobody' },
    ]) {
      const refused = connect(demandingUri(`&auth=sasl.${mechanism}`), { auth: wrong });
      await expect(refused).rejects.toMatchObject({ name: 'AuthError', codeName: 'AUTH_FAILED' });
    }
  });

  test('gets name and password from auth.conf', async () => {
    const file = join(demanding.directory, 'auth.conf');
    writeFileSync(file, '[credentials-x]\nauthname=nova\npassword=s3cret\n[auth-libvirt-localhost]\ncredentials=x\n');
    await reaches(demandingUri(`&authfile=${file}`));
    await expect(connect(demandingUri())).rejects.toMatchObject({ codeName: 'AUTH_UNAVAILABLE' });
  });

  test('is not told a password over tcp, nor by a program that may be anything', async () => {
    const open = connect(`test+tcp://127.0.0.1:${demandingPort}/default`, { auth });
    await expect(open).rejects.toMatchObject({ name: 'AuthError', codeName: 'AUTH_UNAVAILABLE' });
    await expect(open).rejects.toThrow('Use tls, ssh or a unix socket');
  });

  test('demands what it demands, whatever the URI asks for', async () => {
    await expect(connect(demandingUri('&auth=polkit'), { auth })).rejects.toThrow(
      'demands authentication by SASL; the URI asks for polkit',
    );
    await expect(connect(`test+unix:///default?socket=${daemon.socket}&auth=sasl`, { auth })).rejects.toThrow(
      'demands authentication by none',
    );
    await expect(connect(demandingUri('&auth=sasl.GSSAPI'), { auth })).rejects.toThrow('this client has no GSSAPI');
  });

  test('is reached through a program', async () => {
    const program = join(daemon.directory, 'to daemon');
    writeFileSync(program, `#!/bin/sh\nexec nc -U ${daemon.socket}\n`, { mode: 0o755 });
    await reaches(`test+ext:///default?command=${encodeURIComponent(program)}`);
    const wrong = connect('test+ext:///default?command=/bin/false');
    await expect(wrong).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('ended with exit code 1'),
    });
  });

  test('is found under the names of modular daemons, by mode, alias and default', async () => {
    const directory = daemonDirectory();
    symlinkSync(daemon.socket, join(directory, 'virtqemud-sock'));
    writeFileSync(
      join(directory, 'libvirt.conf'),
      'uri_aliases = [ "mine=qemu:///session?mode=direct" ]\nuri_default = "mine"\n',
    );
    const host = hostIn(directory, { euid: 1000, env: { LIBVIRT_AUTOSTART: '0' } });
    for (const uri of ['qemu:///session', 'qemu:///session?mode=direct', 'mine', undefined]) {
      const { client } = await openClient(uri, { host });
      expect(await client.call(connectGetUri, undefined)).toEqual({ uri: 'qemu:///session' });
      await client[Symbol.asyncDispose]();
    }
    await expect(openClient('qemu:///session?mode=legacy', { host })).rejects.toMatchObject({ code: 'UNREACHABLE' });
    rmSync(directory, { recursive: true });
  });

  test('registers whoever wants to know of the loss of what lies behind it', async () => {
    await using conn = await connect(`test+unix:///default?socket=${daemon.socket}`);
    const events = await conn.events.upstreamClosed();
    await events.return();
    await (await conn.events.upstreamClosed()).return();
  });

  test('that hangs is not waited for, neither when connecting nor afterwards', async () => {
    const uri = `test+unix:///default?socket=${daemon.socket}`;
    await using conn = await connect(uri, { keepalive: { intervalMs: 100, count: 2 } });
    daemon.signal('SIGSTOP');
    try {
      await expect(connect(uri, { keepalive: { intervalMs: 100, count: 2 } })).rejects.toMatchObject({
        cause: { code: 'TIMEOUT' },
      });
      await expect(connect(uri, { signal: AbortSignal.timeout(100) })).rejects.toMatchObject({ name: 'TimeoutError' });
      expect(await conn.closed).toMatchObject({ code: 'TIMEOUT', timeoutMs: 300 });
    } finally {
      daemon.signal('SIGCONT');
    }
  });

  test('that is restarted over and over under load loses no call silently', async () => {
    const reconnect = { minDelayMs: 10, maxDelayMs: 100 };
    await using conn = await connect(`test+unix:///default?socket=${daemon.socket}`, { reconnect });
    await using events = await conn.events.domain('lifecycle');
    const outcomes = { answered: 0, lost: 0 };
    const stop = new AbortController();
    const callers = Array.from({ length: 16 }, async () => {
      while (!stop.signal.aborted) {
        try {
          await conn.hostname();
          outcomes.answered++;
        } catch (error) {
          expect(error).toMatchObject({ name: 'ConnectionLostError', code: 'LOST', maybeExecuted: true });
          outcomes.lost++;
        }
      }
    });
    for (let round = 0; round < 5; round++) {
      await daemon.restart(100);
      await conn.hostname();
      expect(await events.next()).toEqual({ done: false, value: { type: 'gap' } });
    }
    stop.abort();
    await Promise.all(callers);
    expect(outcomes.answered).toBeGreaterThan(100);
    expect(outcomes.lost).toBeLessThanOrEqual(5 * 16);
  });

  test('that hangs and comes to itself again is another connection to those who gave it up', async () => {
    const keepalive = { intervalMs: 100, count: 1 };
    const reconnect = { minDelayMs: 10, maxDelayMs: 50 };
    await using conn = await connect(`test+unix:///default?socket=${daemon.socket}`, { keepalive, reconnect });
    await using events = await conn.events.domain('lifecycle');
    daemon.signal('SIGSTOP');
    await expect(conn.hostname()).rejects.toMatchObject({ maybeExecuted: true, cause: { code: 'TIMEOUT' } });
    const waiting = conn.hostname();
    setTimeout(() => daemon.signal('SIGCONT'), 500);
    expect(await waiting).toBeTruthy();
    expect(await events.next()).toEqual({ done: false, value: { type: 'gap' } });
  });
});
