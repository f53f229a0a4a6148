import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Exec, hostExec, Secret } from '@spawnkit/effects';
import { createSmbfsConnector, readMountTable } from '../../src/index.ts';
import type { ConnectorUnderTest } from '../../src/testing/index.ts';
import { aVolume } from '../a-volume.ts';
import { hostDirectory } from '../doubles/host-directory.ts';
import { loadModules } from './modules.ts';

const password = 's3cret-s3cret';

/** Starts an SMB server with one share, which has two volumes and lets in one user by password. */
export async function startSmbServer(): Promise<void> {
  // What the client needs for its signatures, it cannot load by itself here.
  for (const name of ['cmac', 'hmac', 'sha512_generic', 'ctr', 'ghash-generic', 'seqiv', 'ccm', 'gcm', 'cifs']) {
    loadModules(name);
  }
  const at = (name: string) => join(tmpdir(), name);
  for (const path of ['/run/samba', at('share'), at('samba')]) await mkdir(path, { recursive: true });
  for (const name of ['volume-1', 'volume-2']) await writeFile(join(at('share'), name), `this is ${name}\n`);
  const state = ['private dir', 'lock directory', 'state directory', 'cache directory', 'pid directory', 'ncalrpc dir'];
  await writeFile(
    at('smb.conf'),
    `[global]
server role = standalone server
smb ports = 445
log file = ${at('samba')}/log
passdb backend = tdbsam:${at('samba')}/passdb.tdb
load printers = no
disable spoolss = yes
${state.map((name) => `${name} = ${at('samba')}`).join('\n')}
[share]
path = ${at('share')}
read only = no
`,
  );
  const input = new Secret(`${password}\n${password}\n`);
  await hostExec()('smbpasswd', ['-c', at('smb.conf'), '-s', '-a', 'root'], { input, timeoutMs: 60_000 });
  spawn('smbd', ['-F', '-s', at('smb.conf'), '--no-process-group'], { stdio: 'ignore' }).unref();
  for (let attempt = 0; !(await listens(445)); attempt++) {
    if (attempt === 300) throw new Error('The SMB server does not start');
    await delay(100);
  }
}

/** The connector, on the real host that this machine is. */
export async function smbfsUnderTest(wrap: (exec: Exec) => Exec): Promise<ConnectorUnderTest> {
  const directory = await hostDirectory();
  const { holdsPath, locksPath } = directory;
  const mountPointBase = join(directory.path, 'mnt');
  const options = `-o username=DOMAIN\\root,password=${password}`;
  const volume = (name: string, serial: string) =>
    aVolume('smbfs', { export: '//127.0.0.1/share', name, options }, serial);
  return {
    connector: createSmbfsConnector({ exec: wrap(hostExec()), mountPointBase, holdsPath, locksPath }),
    volume: volume('volume-1', '2a0a0f6c-babf-454d-b93e-9ac9957b95e0'),
    sibling: volume('volume-2', '77777777-babf-454d-b93e-9ac9957b95e0'),
    snapshot: async () => ({
      mounts: (await readMountTable()).filter(({ mountPoint }) => mountPoint.startsWith(mountPointBase)),
      tree: (await directory.tree('mnt', 'holds')).filter(
        (path) => path.startsWith('holds') || path.split('/').length === 2,
      ),
    }),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (is: boolean) => {
      socket.destroy();
      resolve(is);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}
