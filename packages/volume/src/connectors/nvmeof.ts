import { acquireLock } from '@spawnkit/effects';
import { joinShared, leaveShared } from '../connect/shared.ts';
import type { ConnectorOptions, DisconnectOptions, VolumeConnector } from '../connect/volume-connector.ts';
import type { DeviceHost, DeviceOptions } from '../device/device-host.ts';
import { openDeviceHost } from '../device/open-device-host.ts';
import { waitFor } from '../device/wait-for.ts';
import { VolumeError } from '../errors.ts';
import { failure } from '../failure.ts';
import { hashOf } from '../volume-key.ts';
import { controllersOf, namespacePath } from './nvme-namespaces.ts';
import { type NvmeTarget, nvmeTarget } from './nvme-target.ts';

/** Volumes that are namespaces of an NVMe subsystem over fabrics, by nvme-cli. A connection serves all of its namespaces. */
export function createNvmeConnector(options: DeviceOptions): VolumeConnector {
  const host = openDeviceHost(options);
  return {
    async connect(data, call) {
      const target = nvmeTarget(data);
      await using _lock = await acquireLock({ ...lockOf(host, target), signal: call.signal });
      return { device_path: await connectTarget(host, target, call) };
    },
    async disconnect(data, call) {
      const target = nvmeTarget(data);
      await using _lock = await acquireLock({ ...lockOf(host, target), signal: call.signal });
      await leave(host, target, call);
    },
  };
}

async function connectTarget(
  host: DeviceHost,
  target: NvmeTarget,
  { volumeKey, signal }: ConnectorOptions,
): Promise<string> {
  const { holds } = host;
  const thing = thingOf(target);
  const isNew = !(await holds.list(thing)).includes(volumeKey);
  const isThere = async () => (await controllersOf(host, target)).length > 0;
  try {
    await joinShared(holds, thing, volumeKey, { isThere, make: () => connectSubsystem(host, target, signal) });
    return await appearNamespace(host, target, signal);
  } catch (error) {
    if (isNew) await takeBack(host, target, volumeKey);
    throw failure('CONNECT_FAILED', `connect the NVMe subsystem "${target.nqn}"`, error, signal);
  }
}

/** Leaves no connection when it fails: a command that was ended may have made one. */
async function connectSubsystem(host: DeviceHost, target: NvmeTarget, signal?: AbortSignal): Promise<void> {
  try {
    await connectPortal(host, target, signal);
  } catch (error) {
    await disconnectSubsystem(host, target, undefined).catch((second: unknown) => {
      host.log.warn('an NVMe connection could not be taken back', { nqn: target.nqn, error: String(second) });
    });
    throw error;
  }
}

async function disconnectSubsystem(
  host: DeviceHost,
  target: NvmeTarget,
  signal: AbortSignal | undefined,
): Promise<void> {
  if ((await controllersOf(host, target)).length === 0) return;
  await host.exec('nvme', ['disconnect', '-n', target.nqn], { signal, timeoutMs: host.timeoutMs });
}

/** The first portal that answers. */
async function connectPortal({ exec, timeoutMs }: DeviceHost, target: NvmeTarget, signal?: AbortSignal): Promise<void> {
  let first: unknown;
  for (const { transport, address, port } of target.portals) {
    const args = ['connect', '-t', transport, '-n', target.nqn, '-a', address, '-s', port];
    try {
      await exec('nvme', args, { signal, timeoutMs });
      return;
    } catch (error) {
      signal?.throwIfAborted();
      first ??= error;
    }
  }
  throw first;
}

async function appearNamespace(host: DeviceHost, target: NvmeTarget, signal?: AbortSignal): Promise<string> {
  const path = await waitFor(host, () => namespacePath(host, target), signal);
  if (path !== undefined) return path;
  throw new VolumeError('DEVICE_NOT_FOUND', `No namespace of "${target.nqn}" is the volume`, {
    context: { nqn: target.nqn, uuid: target.uuid, nguid: target.nguid, attempts: host.scanAttempts },
    fix: 'See that the subsystem shows the namespace to this host; with several of them the connection info must name one.',
  });
}

async function takeBack(host: DeviceHost, target: NvmeTarget, volumeKey: string): Promise<void> {
  await leave(host, target, { volumeKey, force: true }).catch((error: unknown) => {
    host.log.warn('an NVMe connection could not be taken back', { nqn: target.nqn, error: String(error) });
  });
}

async function leave(host: DeviceHost, target: NvmeTarget, call: DisconnectOptions): Promise<void> {
  const { holds } = host;
  const { volumeKey, signal, force = false } = call;
  const thing = thingOf(target);
  if (!(await holds.list(thing)).includes(volumeKey)) return;
  try {
    const path = await namespacePath(host, target);
    if (path !== undefined) await flush(host, path, force, signal);
    await leaveShared(holds, thing, volumeKey, async () => {
      await disconnectSubsystem(host, target, signal);
      return true;
    });
  } catch (error) {
    throw failure('DISCONNECT_FAILED', `disconnect the NVMe subsystem "${target.nqn}"`, error, signal);
  }
}

async function flush({ exec, timeoutMs, log }: DeviceHost, path: string, force: boolean, signal?: AbortSignal) {
  try {
    await exec('blockdev', ['--flushbufs', path], { signal, timeoutMs });
  } catch (error) {
    if (!force) throw error;
    log.warn('a device could not be flushed', { path, error: String(error) });
  }
}

function thingOf({ nqn }: NvmeTarget): string {
  return `nvme-${hashOf(nqn)}`;
}

function lockOf({ locksPath }: DeviceHost, target: NvmeTarget) {
  return { directory: locksPath, name: thingOf(target) };
}
