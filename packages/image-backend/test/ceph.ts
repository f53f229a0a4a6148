import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Exec, hostExec } from '@spawnkit/effects';
import { openImageCache } from '../src/open-image-cache.ts';
import { readRbdCluster } from '../src/rbd/rbd-cluster.ts';
import { rbdQemuName } from '../src/rbd/rbd-name.ts';
import type { RbdBackendOptions, RbdClient, RbdCluster } from '../src/rbd/rbd-options.ts';
import { rbdBackend } from '../src/rbd-backend.ts';
import type { BackendUnderTest, StorageUnderTest } from '../src/testing/index.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');
/** Where the lab keeps what its servers have. */
export const labState = process.env['SPAWNKIT_LAB'] ?? join(root, '.lab');

/** The lab's Ceph, started for one run of tests. */
export interface LabCeph {
  readonly cluster: RbdCluster;
  readonly client: Omit<RbdClient, 'exec'>;
  readonly secretUuid: string;
  /** As user nova; its output. */
  readonly rbd: (...args: readonly string[]) => Promise<string>;
}

/** Why the lab cannot start Ceph here; undefined when it can. */
export const noCeph = process.getuid?.() === 0 ? undefined : 'the lab’s Ceph needs root';

/** Installs what is missing, and starts the cluster. */
export async function upCeph(): Promise<LabCeph> {
  await run(join(root, 'tooling/setup/debian'), ['base', 'ceph'], { timeout: 600_000 });
  await run('bash', [join(root, 'tooling/lab/lab'), 'up', 'ceph'], { timeout: 180_000 });
  const client = { rbdUser: 'nova', imagesRbdCephConf: join(labState, 'ceph/ceph.conf') };
  const secretUuid = (await readFile(join(labState, 'ceph/secret-uuid'), 'utf8')).trim();
  const cluster = await readRbdCluster({ exec: hostExec(), ...client });
  const rbd = async (...args: readonly string[]) =>
    (await run('rbd', [...args, '--id', 'nova', '--conf', client.imagesRbdCephConf])).stdout;
  return { cluster, client, secretUuid, rbd };
}

/** The others on this machine get their memory back. */
export async function downCeph(): Promise<void> {
  await run('bash', [join(root, 'tooling/lab/lab'), 'down', 'ceph'], { timeout: 60_000 });
}

/** A backend whose disks begin with a name that no other test has; they are removed in the end. */
export async function rbdUnderTest(
  ceph: LabCeph,
  exec: Exec,
  options: Partial<RbdBackendOptions> = {},
): Promise<BackendUnderTest & { readonly backend: ReturnType<typeof rbdBackend>; readonly prefix: string }> {
  const instancesPath = await mkdtemp(join(tmpdir(), 'rbd-'));
  const prefix = `t${randomUUID().slice(0, 8)}`;
  const backend = rbdBackend({
    instancesPath,
    exec,
    imagesRbdPool: 'vms',
    rbdSecretUuid: ceph.secretUuid,
    cluster: ceph.cluster,
    ...ceph.client,
    ...options,
  });
  return {
    backend,
    prefix,
    instancesPath,
    cache: openImageCache({ instancesPath, exec }),
    storage: rbdStorage(ceph),
    async [Symbol.asyncDispose]() {
      await rm(instancesPath, { recursive: true });
      for (const name of await imagesIn(ceph)) await removeImage(ceph, `vms/${name}`);
    },
  };
}

/** Names of the images in the pool of the disks. */
export async function imagesIn(ceph: LabCeph, pool = 'vms'): Promise<readonly string[]> {
  return JSON.parse(await ceph.rbd('ls', '--format', 'json', pool)) as readonly string[];
}

export async function removeImage({ rbd }: LabCeph, spec: string): Promise<void> {
  const snapshots = JSON.parse(await rbd('snap', 'ls', '--format', 'json', spec)) as {
    name: string;
    protected: string;
  }[];
  for (const { name } of snapshots.filter((one) => one.protected === 'true'))
    await rbd('snap', 'unprotect', `${spec}@${name}`);
  await rbd('snap', 'purge', '--no-progress', spec);
  await rbd('rm', '--no-progress', spec);
}

function rbdStorage(ceph: LabCeph): StorageUnderTest {
  const nameOf = (instanceId: string, name: string) => `vms/${instanceId}_${name}`;
  return {
    toolName(source) {
      if (source.type !== 'network') throw new Error(`a ${source.type} is no image in Ceph`);
      const [pool = '', image = ''] = source.name.split('/');
      return rbdQemuName(ceph.client, { pool, image });
    },
    async names(instanceId) {
      const own = (await imagesIn(ceph)).filter((name) => name.startsWith(`${instanceId}_`));
      return own.map((name) => name.slice(instanceId.length + 1));
    },
    plant: async ({ instanceId, name }, path) => {
      await ceph.rbd('import', '--no-progress', path, nameOf(instanceId, name));
    },
    plantDraft: async ({ instanceId, name }) => {
      await ceph.rbd('create', '--size', '1M', `${nameOf(instanceId, name)}~draft-0123456789ab`);
    },
  };
}
