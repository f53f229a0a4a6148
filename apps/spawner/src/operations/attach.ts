import { build, Disk, Interface } from '@spawnkit/guest-config';
import type { DiskSource } from '@spawnkit/image-backend';
import { parseNetworkInfo } from '@spawnkit/instance';
import { act } from '../spawn/acts.ts';
import type { AttachedDevice } from '../request/attached.ts';
import { attachDevice, type DeviceXml, devicesOf, detachDevice } from './domain-devices.ts';
import { SpawnerError } from '../errors.ts';
import type { Host } from '../host.ts';
import { asideName, putAside } from '../instance/instance-files.ts';
import type { KnownInstance } from '../instance/inventory.ts';
import { liesElsewhere } from '../instance/storage-disks.ts';
import { operate, type Operation } from './operations.ts';
import { partsOf } from '../spawn/parts.ts';
import { type SpawnRequest, vifOf } from '../request/request.ts';
import { readStoredRequest, writeStoredRequest } from '../request/stored-request.ts';

const prefixes = { virtio: 'vd', scsi: 'sd', sata: 'sd' } as const;
const replaced = ['request.json'];
const leftovers = replaced.map(asideName);

export interface AttachDiskOptions {
  readonly sizeBytes: bigint;
  readonly bus: keyof typeof prefixes;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes an empty disk and gives it to an instance, at once and for later starts. Throws what `operate` and
 * `ImageBackend.create` throw, and libvirt's errors.
 */
export async function attachDisk(
  host: Host,
  instance: KnownInstance,
  options: AttachDiskOptions,
): Promise<AttachedDevice> {
  const { sizeBytes, bus, signal } = options;
  return operate(host, instance, { operation: 'attach', leftovers, signal }, async (operation) => {
    const { conn, rollback, exec } = operation;
    const { uuid, instancePath } = instance;
    const storage = await partsOf(host).openStorage(host, exec, { place: instance, signal });
    const { disks = [] } = await devicesOf(conn, uuid, { signal });
    const targets = disks.map(({ target }) => target?.dev ?? '');
    const dev = firstFree((letter) => `${prefixes[bus]}${letter}`, letters, targets);
    const kept = (await readStoredRequest(instancePath)).attached?.map(({ file = '' }) => file) ?? [];
    const file = firstFree((number) => `disk.data${number}`, numbers, kept);
    const disk = { instanceId: uuid, name: file };
    const xml = build(Disk, {
      ...sourceXml(storage.disks.source(disk)),
      device: 'disk',
      driver: { name: 'qemu', type: storage.disks.capabilities.format },
      target: { dev, bus },
    });
    const device: AttachedDevice = { kind: 'disk', name: dev, file, xml };
    if (!storage.disks.capabilities.inInstancePath) {
      await act(rollback, 'changed-disks', { uuid, replaced: [], made: [file] }, async () => {});
    }
    await act(rollback, 'files', { instancePath, replaced, made: [file] }, async () => {
      await storage.disks.create({ disk, sizeBytes, signal });
      await keep(operation, (attached) => [...attached, device]);
    });
    await act(rollback, 'attach', { uuid, device: xmlOf(device) }, () =>
      attachDevice(conn, uuid, xmlOf(device), { signal }),
    );
    return device;
  });
}

/** What a card can be attached to: what libvirt connects by itself. */
export type AttachableNetwork = { readonly network: string } | { readonly bridge: string } | { readonly user: true };

/** Gives an instance a network card more, at once and for later starts. Throws what `operate` and `checkVif` throw. */
export async function attachNic(
  host: Host,
  instance: KnownInstance,
  { network, signal }: { readonly network: AttachableNetwork; readonly signal?: AbortSignal | undefined },
): Promise<AttachedDevice> {
  return operate(host, instance, { operation: 'attach', leftovers, signal }, async (operation) => {
    const { conn, rollback, exec } = operation;
    const { uuid, instancePath } = instance;
    refuseUnfiltered(await readStoredRequest(instancePath), host);
    const [vif] = parseNetworkInfo([vifOf({ ...network, address: [], gateway: [], dns: [] })]);
    if (!vif) throw new Error('one network makes one VIF');
    const context = { exec, conn, locksPath: host.paths.locks, log: host.log, signal };
    await partsOf(host).checkVif(vif, context);
    const device: AttachedDevice = { kind: 'nic', name: vif.address, xml: interfaceXml(network, vif.address) };
    await act(rollback, 'files', { instancePath, replaced, made: [] }, () =>
      keep(operation, (attached) => [...attached, device]),
    );
    await act(rollback, 'attach', { uuid, device: xmlOf(device) }, () =>
      attachDevice(conn, uuid, xmlOf(device), { signal }),
    );
    return device;
  });
}

/**
 * Takes a device away that was attached; a disk that was made for it goes. The guest has to let go of it. Throws
 * {@link SpawnerError} `NOT_FOUND`, `WAIT_TIMEOUT`, and what `operate` throws.
 */
export async function detach(
  host: Host,
  instance: KnownInstance,
  {
    name,
    timeoutMs,
    signal,
  }: { readonly name: string; readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
): Promise<AttachedDevice> {
  const { uuid, instancePath } = instance;
  const { attached = [] } = await readStoredRequest(instancePath);
  const device = attached.find((one) => one.name === name);
  if (!device) throw notAttached(instance, name, attached);
  const gone = device.file === undefined ? [] : [device.file];
  const leaving = {
    operation: 'detach',
    leftovers: [...leftovers, ...gone],
    leftoverDisks: liesElsewhere(instance) ? gone : [],
    signal,
  } as const;
  return operate(host, instance, leaving, async (operation) => {
    const { conn, rollback } = operation;
    await act(rollback, 'files', { instancePath, replaced, made: [] }, () =>
      keep(operation, (all) => all.filter((one) => one.name !== name)),
    );
    await act(rollback, 'detach', { uuid, device: xmlOf(device) }, () =>
      detachDevice(conn, uuid, xmlOf(device), { clock: host.clock, timeoutMs, signal }),
    );
    return device;
  });
}

/** Its traffic would pass beside the filters. */
function refuseUnfiltered({ name, firewall }: SpawnRequest, { settings }: Host): void {
  if (!firewall && (settings.firewallDriver ?? 'none') === 'none') return;
  throw new SpawnerError(
    'USAGE',
    `The traffic of "${name}" is filtered, and that of a network card attached would not be`,
    {
      fix: 'Launch it anew with all of its networks.',
    },
  );
}

/** Notes beside the disks what is attached. */
async function keep(
  { instance: { instancePath } }: Operation,
  change: (attached: readonly AttachedDevice[]) => readonly AttachedDevice[],
): Promise<void> {
  const request = await readStoredRequest(instancePath);
  await putAside({ instancePath, replaced, made: [] });
  await writeStoredRequest(instancePath, { ...request, attached: change(request.attached ?? []) });
}

function sourceXml(source: DiskSource): Disk {
  if (source.type === 'file') return { type: 'file', source: { file: source.path } };
  if (source.type === 'block') return { type: 'block', source: { dev: source.path } };
  const { protocol, name, hosts, auth } = source;
  return {
    type: 'network',
    source: { protocol, name, hosts },
    ...(auth && { auth: { username: auth.username, secret: { type: auth.secretType, uuid: auth.secretUuid } } }),
  };
}

function xmlOf({ kind, name, xml }: AttachedDevice): DeviceXml {
  return { kind, name, xml };
}

function interfaceXml(network: AttachableNetwork, address: string): string {
  const common = { mac: { address }, model: { type: 'virtio' } };
  if ('user' in network) return build(Interface, { type: 'user', ...common });
  if ('network' in network)
    return build(Interface, { type: 'network', source: { network: network.network }, ...common });
  return build(Interface, { type: 'bridge', source: { bridge: network.bridge }, ...common });
}

const letters = 'abcdefghijklmnopqrstuvwxyz'.split('');
const numbers = Array.from({ length: 26 }, (_, index) => String(index + 1));

function firstFree(nameOf: (part: string) => string, parts: readonly string[], taken: readonly string[]): string {
  const free = parts.map(nameOf).find((name) => !taken.includes(name));
  if (free !== undefined) return free;
  throw new SpawnerError('USAGE', `There is no name left for a disk: ${taken.join(', ')}`, { fix: 'Detach one.' });
}

function notAttached({ name }: KnownInstance, wanted: string, attached: readonly AttachedDevice[]): SpawnerError {
  const known = attached.map((one) => one.name);
  return new SpawnerError('NOT_FOUND', `"${name}" has no attached device "${wanted}"`, {
    fix: known.length > 0 ? `Attached are ${known.join(', ')}.` : 'What it was made with stays with it.',
  });
}
