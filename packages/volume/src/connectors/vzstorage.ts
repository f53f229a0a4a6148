import { Secret } from '@spawnkit/effects';
import { type ConnectionData, invalid, requiredText, secretOf } from '../connection-data.ts';
import type { VolumeConnector } from '../connect/volume-connector.ts';
import { VolumeError } from '../errors.ts';
import { failure } from '../failure.ts';
import { SHARE_TIMEOUT_MS, shareConnector } from '../mount/share-connector.ts';
import type { ShareOptions } from '../mount/share-kind.ts';

export interface VzstorageOptions {
  /** `libvirt.vzstorage_*`, with Nova's defaults. */
  readonly mountUser?: string | undefined;
  readonly mountGroup?: string | undefined;
  readonly mountPerms?: string | undefined;
  /** `%(cluster_name)s` in it is replaced. */
  readonly logPath?: string | undefined;
  readonly cachePath?: string | undefined;
  readonly mountOpts?: readonly string[] | undefined;
  /** What mounts the cluster; it gets the options as `options` of its data. See {@link pstorageConnector}. */
  readonly mounter: VolumeConnector;
}

/** Options of pstorage-mount that this connector itself sets, by Nova's names of them. */
const reserved = ['-c', '-u', '-g', '-m', '-l', '-C'];

/** Volumes that are files of a Virtuozzo Storage cluster. Throws `INVALID_OPTION` for a mount option that is set elsewhere. */
export function createVzstorageConnector(options: VzstorageOptions): VolumeConnector {
  const bad = options.mountOpts?.find((word) => reserved.includes(word));
  if (bad !== undefined) {
    throw new VolumeError('INVALID_OPTION', `The mount options of vzstorage must not have "${bad}"`, {
      context: { option: bad },
      fix: 'Use the option of its own: mountUser, mountGroup, mountPerms, logPath or cachePath.',
    });
  }
  return {
    async connect(data, call) {
      const text = mountOptions(options, clusterOf(data));
      return { options: text, ...(await options.mounter.connect({ ...data, options: text }, call)) };
    },
    disconnect: (data, call) => options.mounter.disconnect(data, call),
  };
}

/** Mounts a cluster with pstorage-mount, after the node was let in with the password of the export, if it has one. */
export function pstorageConnector(options: ShareOptions): VolumeConnector {
  const shares = shareConnector(
    {
      what: 'Virtuozzo Storage cluster',
      type: 'vzstorage',
      mount: (data, _, mountPoint) => ({
        file: 'pstorage-mount',
        args: ['-c', clusterOf(data), ...requiredText(data, 'options').split(' '), mountPoint],
      }),
      found: (path) => ({ device_path: path }),
    },
    options,
  );
  return {
    async connect(data, call) {
      await letIn(data, options, call.signal);
      return shares.connect(data, call);
    },
    disconnect: (data, call) => shares.disconnect(data, call),
  };
}

async function letIn(data: ConnectionData, options: ShareOptions, signal?: AbortSignal): Promise<void> {
  const { exec, timeoutMs = SHARE_TIMEOUT_MS } = options;
  const password = exportParts(data)?.[2];
  if (password === undefined) return;
  const cluster = clusterOf(data);
  const input = new Secret(`${password}\n`);
  try {
    await exec('pstorage', ['-c', cluster, 'auth-node', '-P'], { input, signal, timeoutMs });
  } catch (error) {
    throw failure('CONNECT_FAILED', `let this node into the cluster "${cluster}"`, error, signal);
  }
}

function mountOptions(options: VzstorageOptions, cluster: string): string {
  const { mountUser = 'stack', mountGroup = 'qemu', mountPerms = '0770', cachePath, mountOpts = [] } = options;
  const logPath = options.logPath ?? '/var/log/vstorage/%(cluster_name)s/nova.log.gz';
  const named = (path: string) => path.replaceAll('%(cluster_name)s', cluster);
  const words = ['-u', mountUser, '-g', mountGroup, '-m', mountPerms, '-l', named(logPath)];
  return [...words, ...(cachePath ? ['-C', named(cachePath)] : []), ...mountOpts].join(' ');
}

function clusterOf(data: ConnectionData): string {
  const cluster = exportParts(data)?.[1];
  if (cluster !== undefined) return cluster;
  throw invalid('export', '***', 'MDS,MDS:/CLUSTER:PASSWORD or CLUSTER');
}

/** The cluster's name and the password. */
function exportParts(data: ConnectionData): RegExpExecArray | null {
  return /^(?:(?:[^:/]+:)?\/)?([A-Za-z0-9._-]+)(?::(.+))?$/.exec(secretOf(data, 'export')?.reveal() ?? '');
}
