import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './private-daemon.ts';

/** An sshd on a port of the loopback interface, which takes one key for this user. */
export interface PrivateSshd extends AsyncDisposable {
  readonly port: number;
  /** `user@host:port`, and the parameters of a URI that let in. */
  readonly authority: string;
  readonly params: string;
  readonly directory: string;
}

/** Where sshd wants to lock itself up. */
const CHROOT = '/run/sshd';

export async function privateSshd(): Promise<PrivateSshd> {
  const directory = mkdtempSync(join(tmpdir(), 'libvirt-sshd-'));
  for (const key of ['host', 'user']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(directory, key)]);
  }
  const port = await freePort();
  const hostKey = readFileSync(join(directory, 'host.pub'), 'utf8');
  writeFileSync(join(directory, 'known hosts'), `[127.0.0.1]:${port} ${hostKey}`);
  const config = {
    ListenAddress: '127.0.0.1',
    Port: port,
    HostKey: join(directory, 'host'),
    AuthorizedKeysFile: join(directory, 'user.pub'),
    PidFile: join(directory, 'pid'),
    PermitRootLogin: 'yes',
    StrictModes: 'no',
    UsePAM: 'no',
    PasswordAuthentication: 'no',
  };
  writeFileSync(
    join(directory, 'config'),
    Object.entries(config)
      .map(([name, value]) => `${name} ${value}\n`)
      .join(''),
  );
  const ours = !existsSync(CHROOT);
  if (ours) mkdirSync(CHROOT, { mode: 0o755 });
  // It ends with the tests, however they end.
  const args = ['--pdeathsig', 'TERM', '/usr/sbin/sshd', '-D', '-e', '-f', join(directory, 'config')];
  const child = spawn('setpriv', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (words += text));
  for (const end = Date.now() + 10_000; !(await listens(port)); await delay(20)) {
    if (child.exitCode !== null || Date.now() > end) throw new Error(`sshd does not listen: ${words}`);
  }
  const known = encodeURIComponent(join(directory, 'known hosts'));
  return {
    port,
    authority: `${userInfo().username}@127.0.0.1:${port}`,
    params: `keyfile=${join(directory, 'user')}&known_hosts=${known}&known_hosts_verify=normal&no_tty=1&sshauth=privkey`,
    directory,
    async [Symbol.asyncDispose]() {
      child.kill();
      if (child.exitCode === null) await once(child, 'exit');
      rmSync(directory, { recursive: true, force: true });
      if (ours) rmdirSync(CHROOT);
    },
  };
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const connected = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return connected;
}
