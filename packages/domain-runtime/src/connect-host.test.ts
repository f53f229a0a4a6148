import { AuthType } from '@spawnkit/libvirt/enums';
import { DaemonError, fakeDaemon } from '@spawnkit/libvirt/testing';
import { expect, test } from 'vitest';
import { connectHost } from './connect-host.ts';

test('connectHost names a daemon that is not there, with what to do', async () => {
  const socket = '/nonexistent/libvirt-sock';
  await expect(connectHost(`qemu+unix:///system?socket=${socket}`)).rejects.toMatchObject({
    name: 'DomainRuntimeError',
    code: 'DAEMON_UNREACHABLE',
    context: { errno: 'ENOENT' },
    fix: expect.stringContaining('systemctl start libvirtd') as string,
  });
});

test('connectHost says so when the daemon refuses this user', async () => {
  await using daemon = await fakeDaemon({
    authList: () => ({ types: [AuthType.POLKIT] }),
    authPolkit() {
      throw new DaemonError('AUTH_FAILED', 'authentication failed: access denied by policy');
    },
  });
  await expect(connectHost(daemon.uri)).rejects.toMatchObject({
    code: 'PERMISSION_DENIED',
    fix: expect.stringContaining('usermod -aG libvirt') as string,
    cause: { codeName: 'AUTH_FAILED' },
  });
});

test('connectHost gives up on a daemon that does not answer, and an abort keeps its reason', async () => {
  await using daemon = await fakeDaemon({ authList: () => new Promise(() => {}) });
  await expect(connectHost(daemon.uri, { timeoutMs: 50 })).rejects.toMatchObject({
    code: 'DAEMON_UNREACHABLE',
    message: expect.stringContaining('did not answer within 0.05 s') as string,
  });
  const abort = new AbortController();
  const { signal } = abort;
  setTimeout(() => abort.abort(new Error('enough')), 20);
  await expect(connectHost(daemon.uri, { signal })).rejects.toThrow('enough');
});

test('connectHost leaves alone what has nothing to do with reaching the daemon', async () => {
  await expect(connectHost('no uri at all')).rejects.toMatchObject({ name: 'ProtocolError', code: 'INVALID_URI' });
  await using daemon = await fakeDaemon({
    connectOpen() {
      throw new DaemonError('NO_CONNECT', 'no connection driver available');
    },
  });
  await expect(connectHost(daemon.uri)).rejects.toMatchObject({ codeName: 'NO_CONNECT' });
});
