import { readFile } from 'node:fs/promises';
import { type Exec, Secret } from '@spawnkit/effects';
import type { DiskSource } from '@spawnkit/guest-designer';
import type { ConnectionInfo } from '@spawnkit/instance';
import type { Connection } from '@spawnkit/libvirt';
import {
  type ConnectedVolume,
  type DisconnectRequest,
  sealSecrets,
  type VolumeRequest,
  VolumeError,
  volumeSource,
} from '@spawnkit/volume';
import type { Host } from '../host.ts';
import { openHostVolumes, volumeConfigOf } from './open-volumes.ts';
import type { VolumeSettings } from './volume-settings.ts';

/** A volume that an instance wants, by the name that the guest has for it: `/dev/vdb`. */
export interface WantedVolume extends VolumeRequest {
  readonly name: string;
  /** Its password lies in this file, readable for its owner only. */
  readonly passwordFile?: string | undefined;
}

export interface VolumeContext {
  readonly host: Pick<Host, 'paths' | 'clock' | 'log'>;
  readonly settings: VolumeSettings;
  readonly exec: Exec;
  readonly conn: Connection;
  readonly signal?: AbortSignal | undefined;
}

export interface ConnectContext extends VolumeContext {
  readonly virtType: string;
}

/** A connected volume, and where the guest finds its bytes. */
export interface ConnectedForGuest {
  readonly connected: ConnectedVolume;
  readonly source: DiskSource;
}

/** The host's side of volumes. */
export interface VolumeParts {
  /** Throws `VolumeError` for a volume that this host cannot connect. Touches nothing. */
  check(connectionInfo: ConnectionInfo, context: VolumeContext): void;
  /** Makes a volume reachable. Can be repeated; then it answers anew where it is. */
  connect(volume: WantedVolume, context: ConnectContext): Promise<ConnectedForGuest>;
  /** The inverse. Idempotent, also for one that never was connected. */
  disconnect(volume: DisconnectRequest & { readonly name: string }, context: VolumeContext): Promise<void>;
}

/** Volumes by `@spawnkit/volume`. */
export const hostVolumes: VolumeParts = {
  check(connectionInfo, context) {
    openHostVolumes(context).check(connectionInfo);
  },
  async connect(volume, context) {
    const { host, settings, virtType, signal } = context;
    const connected = await openHostVolumes(context).connect(await withPassword(volume), { signal });
    return { connected, source: volumeSource(connected, volumeConfigOf(host, settings, virtType)) };
  },
  async disconnect(volume, context) {
    await openHostVolumes(context).disconnect(volume, { signal: context.signal });
  },
};

/** Most targets take 16 bytes at most. */
const PASSWORD_BYTES = 256;

async function withPassword(volume: WantedVolume): Promise<VolumeRequest> {
  const { passwordFile, connectionInfo, holder, encryption } = volume;
  const sealed = sealSecrets(connectionInfo);
  if (passwordFile === undefined) return { connectionInfo: sealed, holder, encryption };
  const password = await readPassword(passwordFile);
  return { connectionInfo: { ...sealed, data: { ...sealed.data, auth_password: password } }, holder, encryption };
}

async function readPassword(path: string): Promise<Secret> {
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    throw passwordUnusable(path, cause.message, cause);
  });
  const password = text.replace(/\r?\n$/, '');
  if (password === '' || Buffer.byteLength(password) > PASSWORD_BYTES) {
    throw passwordUnusable(path, `it has to have 1 to ${PASSWORD_BYTES} bytes`);
  }
  return new Secret(password);
}

function passwordUnusable(path: string, why: string, cause?: Error): VolumeError {
  return new VolumeError('KEY_UNAVAILABLE', `The password file "${path}" of a volume cannot be used: ${why}`, {
    cause,
    context: { path },
    fix: 'Put the password there, in a file of mode 0600.',
  });
}
