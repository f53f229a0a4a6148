import { acquireLock } from '@spawnkit/effects';
import type { ConnectionData } from '../connection-data.ts';
import { isForeign, joinShared, leaveShared } from '../connect/shared.ts';
import type { ConnectorOptions, DisconnectOptions, Found, VolumeConnector } from '../connect/volume-connector.ts';
import type { DeviceHost, DeviceOptions } from '../device/device-host.ts';
import { openDeviceHost } from '../device/open-device-host.ts';
import { blockDeviceOf, foundDevice, removeScsiDevice, scanUnit } from '../device/scsi-device.ts';
import { waitFor } from '../device/wait-for.ts';
import { VolumeError } from '../errors.ts';
import { failure } from '../failure.ts';
import { hashOf } from '../volume-key.ts';
import { type IscsiPath, iscsiPaths } from './iscsi-paths.ts';
import { findSession, type IscsiSession, login, logout } from './iscsi-session.ts';

export interface IscsiOptions extends DeviceOptions {
  /** Where open-iscsi keeps its records. Default: `/etc/iscsi/nodes`, Debian's place. */
  readonly nodesPath?: string;
  /** The interface of open-iscsi to log in by. Default: `default`; `iser` for RDMA. */
  readonly iface?: string;
}

/** Volumes that are units of iSCSI targets, by open-iscsi. A session serves all volumes of its target. */
export function createIscsiConnector(options: IscsiOptions): VolumeConnector {
  const host = openDeviceHost(options);
  const { nodesPath = '/etc/iscsi/nodes', iface = 'default' } = options;
  const context: IscsiContext = { ...host, nodesPath, iface };
  return {
    connect: (data, call) => connectAny(context, data, call),
    disconnect: async (data, call) => {
      for (const path of iscsiPaths(data)) await disconnectPath(context, path, call);
    },
  };
}

/** The same over RDMA. */
export function createIserConnector(options: IscsiOptions): VolumeConnector {
  return createIscsiConnector({ iface: 'iser', ...options });
}

/** What logging in works with. */
export interface IscsiContext extends DeviceHost {
  readonly nodesPath: string;
  readonly iface: string;
}

/** One path is enough; with multipath all that work are used. */
async function connectAny(context: IscsiContext, data: ConnectionData, call: ConnectorOptions): Promise<Found> {
  const made: IscsiPath[] = [];
  try {
    const name = await connectPaths(context, iscsiPaths(data), { ...call, onNew: (path) => made.push(path) });
    return await foundDevice(context, name, call);
  } catch (error) {
    for (const path of made) {
      await quietly(context, path, () => disconnectPath(context, path, { volumeKey: call.volumeKey, force: true }));
    }
    throw error;
  }
}

/** The name of the first path's device; what fails on the way to it is told only when nothing works. */
async function connectPaths(
  context: IscsiContext,
  paths: readonly IscsiPath[],
  { onNew, ...call }: ConnectorOptions & { readonly onNew: (path: IscsiPath) => void },
): Promise<string> {
  const names: string[] = [];
  let first: unknown;
  for (const path of paths) {
    if (names.length > 0 && !context.useMultipath) break;
    try {
      const { name, isNew } = await connectPath(context, path, call);
      names.push(name);
      if (isNew) onNew(path);
    } catch (error) {
      call.signal?.throwIfAborted();
      first ??= error;
    }
  }
  const [name] = names;
  if (name === undefined) throw first;
  return name;
}

/** Takes a path back. An error is only told to the log: another one is on its way to the caller. */
async function quietly({ log }: IscsiContext, { iqn }: IscsiPath, takeBack: () => Promise<void>): Promise<void> {
  await takeBack().catch((error: unknown) => {
    log.warn('an iSCSI path could not be taken back', { target: iqn, error: String(error) });
  });
}

async function connectPath(context: IscsiContext, path: IscsiPath, call: ConnectorOptions) {
  const { volumeKey, signal } = call;
  await using _lock = await acquireLock({ ...lockOf(context, path), signal });
  const isNew = !(await context.holds.list(thingOf(path))).includes(volumeKey);
  const isThere = async () => (await findSession(context, path)) !== undefined;
  try {
    await joinShared(context.holds, thingOf(path), volumeKey, { isThere, make: () => login(context, path, call) });
    return { name: await appearUnit(context, path, signal), isNew };
  } catch (error) {
    if (isNew) await quietly(context, path, () => leave(context, path, { volumeKey, force: true }));
    throw failure('CONNECT_FAILED', `connect unit ${path.unit} of "${path.iqn}" at ${path.portal}`, error, signal);
  }
}

async function appearUnit(context: IscsiContext, path: IscsiPath, signal?: AbortSignal): Promise<string> {
  const name = await waitFor(
    context,
    async () => {
      const session = await findSession(context, path);
      if (!session) return undefined;
      const there = await unitOf(context, session, path.unit);
      if (there === undefined) await scanUnit(context, session.host, path.unit);
      return there ?? unitOf(context, session, path.unit);
    },
    signal,
  );
  if (name !== undefined) return name;
  throw new VolumeError('DEVICE_NOT_FOUND', `Unit ${path.unit} of "${path.iqn}" at ${path.portal} did not appear`, {
    context: { target: path.iqn, portal: path.portal, unit: path.unit, attempts: context.scanAttempts },
    fix: 'See that the target exports the unit to this initiator, and raise scanAttempts for slow storage.',
  });
}

async function disconnectPath(context: IscsiContext, path: IscsiPath, call: DisconnectOptions): Promise<void> {
  await using _lock = await acquireLock({ ...lockOf(context, path), signal: call.signal });
  try {
    await leave(context, path, call);
  } catch (error) {
    throw failure(
      'DISCONNECT_FAILED',
      `disconnect unit ${path.unit} of "${path.iqn}" at ${path.portal}`,
      error,
      call.signal,
    );
  }
}

/** The unit goes first, the session with its last volume. Of a session that was there before, nothing is taken. */
async function leave(context: IscsiContext, path: IscsiPath, call: DisconnectOptions): Promise<void> {
  const thing = thingOf(path);
  const { holds } = context;
  if (!(await holds.list(thing)).includes(call.volumeKey)) return;
  const session = await findSession(context, path);
  const name = session && (await unitOf(context, session, path.unit));
  if (name !== undefined && !(await isForeign(holds, thing))) await removeScsiDevice(context, name, call);
  await leaveShared(holds, thing, call.volumeKey, async () => {
    await logout(context, path, call);
    return true;
  });
}

async function unitOf(context: IscsiContext, session: IscsiSession, unit: number): Promise<string | undefined> {
  for (const target of session.targets) {
    const name = await blockDeviceOf(context, target, unit);
    if (name !== undefined) return name;
  }
  return undefined;
}

function thingOf({ iqn, portal }: IscsiPath): string {
  return `iscsi-${hashOf(`${iqn} ${portal}`)}`;
}

function lockOf({ locksPath }: IscsiContext, path: IscsiPath) {
  return { directory: locksPath, name: thingOf(path) };
}
