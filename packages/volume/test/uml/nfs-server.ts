import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Exec, hostExec } from '@spawnkit/effects';
import { createNfsConnector, readMountTable } from '../../src/index.ts';
import type { ConnectorUnderTest } from '../../src/testing/index.ts';
import { aVolume } from '../a-volume.ts';
import { hostDirectory } from '../doubles/host-directory.ts';
import { loadModules } from './modules.ts';

/** Starts a server of NFS 4 with the export /vols, which has two volumes. */
export async function startNfsServer(): Promise<void> {
  loadModules('nfs', 'nfsv4');
  const at = (name: string) => join(tmpdir(), name);
  for (const path of ['/run/ganesha', '/run/lock', at('export'), at('recovery')])
    await mkdir(path, { recursive: true });
  for (const name of ['volume-1', 'volume-2']) await writeFile(join(at('export'), name), `this is ${name}\n`);
  await writeFile(
    at('ganesha.conf'),
    `NFS_CORE_PARAM { Enable_NLM = false; Enable_RQUOTA = false; Protocols = 4; mount_path_pseudo = true; }
NFSV4 { Graceless = true; RecoveryRoot = ${at('recovery')}; Only_Numeric_Owners = true; }
EXPORT { Export_Id = 1; Path = ${at('export')}; Pseudo = /vols; Access_Type = RW; Squash = No_Root_Squash; SecType = sys;
  FSAL { Name = VFS; } }
`,
  );
  const args = ['-F', '-f', at('ganesha.conf'), '-L', at('ganesha.log'), '-p', at('ganesha.pid')];
  spawn('ganesha.nfsd', args, { stdio: 'ignore' }).unref();
  for (let attempt = 0; ; attempt++) {
    const log = await readFile(at('ganesha.log'), 'utf8').catch(() => '');
    if (log.includes('NFS SERVER INITIALIZED')) return;
    if (attempt === 300) throw new Error(`The NFS server does not start: ${log.slice(-2000)}`);
    await delay(100);
  }
}

/** The connector, on the real host that this machine is. */
export async function nfsUnderTest(wrap: (exec: Exec) => Exec): Promise<ConnectorUnderTest> {
  const directory = await hostDirectory();
  const { holdsPath, locksPath } = directory;
  const mountPointBase = join(directory.path, 'mnt');
  const volume = (name: string, serial: string) =>
    aVolume('nfs', { export: '127.0.0.1:/vols', name, options: '-o vers=4.1' }, serial);
  return {
    connector: createNfsConnector({ exec: wrap(hostExec()), mountPointBase, holdsPath, locksPath }),
    volume: volume('volume-1', '2a0a0f6c-babf-454d-b93e-9ac9957b95e0'),
    sibling: volume('volume-2', '77777777-babf-454d-b93e-9ac9957b95e0'),
    snapshot: async () => ({
      mounts: (await readMountTable()).filter(({ mountPoint }) => mountPoint.startsWith(mountPointBase)),
      tree: (await directory.tree('mnt', 'holds')).filter((path) => path !== 'mnt'),
    }),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}
