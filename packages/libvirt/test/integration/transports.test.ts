import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../src/connect.ts';
import { isGap } from '../../src/events/event-gap.ts';
import { labObstacle, startLibvirt, testDomain } from '../lab.ts';
import { type Pki, pki } from '../pki.ts';
import { daemonObstacle, freePort, installRemote, type PrivateDaemon, privateDaemon } from '../private-daemon.ts';
import { privateSshd } from '../private-sshd.ts';

if (daemonObstacle) process.stderr.write(`skipped, daemons of our own: ${daemonObstacle}\n`);
if (labObstacle) process.stderr.write(`skipped, ssh on loopback: ${labObstacle}\n`);

describe.skipIf(daemonObstacle)('a libvirtd of our own', () => {
  let certificates: Pki;
  let daemon: PrivateDaemon;
  let tlsPort: number;
  const local = () => `test+unix:///default?socket=${daemon.socket}`;

  beforeAll(async () => {
    installRemote();
    certificates = pki();
    tlsPort = await freePort();
    const { server } = certificates;
    daemon = await privateDaemon({
      config: {
        listen_tls: 1,
        tls_port: String(tlsPort),
        ca_file: `${server}/cacert.pem`,
        cert_file: `${server}/servercert.pem`,
        key_file: `${server}/serverkey.pem`,
        auth_tls: 'sasl',
      },
      sasl: { mechanisms: 'scram-sha-256', users: { nova: 's3cret' } },
    });
  }, 700_000);
  afterAll(async () => {
    await daemon?.[Symbol.asyncDispose]();
    certificates?.[Symbol.dispose]();
  });

  test('is reached by TLS with a client’s certificate, and proves by SCRAM that it knows the password', async () => {
    const uri = `test+tls://localhost:${tlsPort}/default?pkipath=${certificates.client}&auth=sasl.SCRAM-SHA-256`;
    await using conn = await connect(uri, { auth: { username: 'nova', password: () => 's3cret' } });
    expect((await conn.domains.byName('test')).name).toBe('test');
    const wrong = connect(uri, { auth: { username: 'nova', password: 'guess' } });
    await expect(wrong).rejects.toMatchObject({ name: 'AuthError', codeName: 'AUTH_FAILED' });
  });

  test('that stops answering is given up within interval × (count + 1)', async () => {
    await using conn = await connect(local(), { keepalive: { intervalMs: 200, count: 2 } });
    daemon.signal('SIGSTOP');
    try {
      const started = performance.now();
      const call = conn.hostname();
      await expect(call).rejects.toMatchObject({ code: 'LOST', maybeExecuted: true, cause: { code: 'TIMEOUT' } });
      expect(performance.now() - started).toBeLessThan(1500);
    } finally {
      daemon.signal('SIGCONT');
    }
  });

  test('that is restarted is found again, with the events that follow', async () => {
    await using conn = await connect(local(), { reconnect: { minDelayMs: 50, maxDelayMs: 200 } });
    await using events = await conn.events.domain('lifecycle');
    const { name, xml } = testDomain();
    await daemon.restart(300);
    await conn.domains.define(xml);
    const seen = [(await events.next()).value, (await events.next()).value];
    expect(isGap(seen[0])).toBe(true);
    expect(seen[1]).toMatchObject({ event: 'DEFINED', domain: { name } });
    await (await conn.domains.byName(name)).undefine();
  });
});

describe.skipIf(labObstacle)('the machine’s libvirtd by ssh on loopback', () => {
  beforeAll(() => {
    installRemote();
    startLibvirt();
  }, 700_000);

  test('is reached with virt-ssh-helper, and a host whose key is unknown is not', async () => {
    await using sshd = await privateSshd();
    const uri = `test+ssh://${sshd.authority}/default?${sshd.params}&proxy=native`;
    await using conn = await connect(uri);
    expect((await conn.domains.byName('test')).name).toBe('test');
    const unknown = connect(uri.replace('known%20hosts', 'nobody'));
    await expect(unknown).rejects.toMatchObject({ code: 'UNREACHABLE', maybeExecuted: false });
    await expect(unknown).rejects.toThrow(/ssh ended with exit code 255: .*Host key verification failed/);
  });
});
