import type { Clock } from '@spawnkit/effects';
import { type Devices, Domain, parse } from '@spawnkit/guest-config';
import type { Connection } from '@spawnkit/libvirt';
import { SpawnerError } from '../errors.ts';

/**
 * A device as libvirt is given it, and how it is found again: a disk by its name in the guest, a network card by its
 * MAC.
 */
export interface DeviceXml {
  readonly kind: 'disk' | 'nic';
  readonly name: string;
  readonly xml: string;
}

interface Options {
  readonly signal?: AbortSignal | undefined;
}

export interface DetachOptions extends Options {
  readonly clock: Clock;
  /** How long the guest may take to let go of it. */
  readonly timeoutMs: number;
}

/** The devices of a domain, of its definition where asked. */
export async function devicesOf(
  conn: Connection,
  uuid: string,
  { inactive = false, signal }: Options & { readonly inactive?: boolean },
): Promise<Devices> {
  const domain = await conn.domains.byUuid(uuid, { signal });
  return parse(Domain, await domain.xml({ flags: inactive ? ['INACTIVE'] : [], signal })).devices ?? {};
}

/** Gives a domain a device: to its definition, and at once if it runs. Idempotent. Throws libvirt's errors. */
export async function attachDevice(
  conn: Connection,
  uuid: string,
  device: DeviceXml,
  { signal }: Options,
): Promise<void> {
  const domain = await conn.domains.byUuid(uuid, { signal });
  if (!has(await devicesOf(conn, uuid, { inactive: true, signal }), device)) {
    await domain.attachDevice(device.xml, { flags: ['CONFIG'], signal });
  }
  if (!(await domain.isActive({ signal })) || has(await devicesOf(conn, uuid, { signal }), device)) return;
  await domain.attachDevice(device.xml, { flags: ['LIVE'], signal });
}

/**
 * The inverse of {@link attachDevice}, idempotent; waits until a running guest has let go of the device. Throws
 * {@link SpawnerError} `WAIT_TIMEOUT`, libvirt's errors.
 */
export async function detachDevice(
  conn: Connection,
  uuid: string,
  device: DeviceXml,
  options: DetachOptions,
): Promise<void> {
  const { signal } = options;
  const domain = await conn.domains.byUuid(uuid, { signal });
  if (has(await devicesOf(conn, uuid, { inactive: true, signal }), device)) {
    await domain.detachDevice(device.xml, { flags: ['CONFIG'], signal });
  }
  if (!(await domain.isActive({ signal })) || !has(await devicesOf(conn, uuid, { signal }), device)) return;
  // Heard before it is asked for; the guest may answer at once.
  await using removed = await conn.events.domain('deviceRemoved', { domain, signal });
  await domain.detachDevice(device.xml, { flags: ['LIVE'], signal });
  const isGone = async () => !has(await devicesOf(conn, uuid, { signal }), device);
  await untilGone({ device, isGone, next: () => removed.next() }, options);
}

interface Removal {
  readonly device: DeviceXml;
  readonly isGone: () => Promise<boolean>;
  readonly next: () => Promise<unknown>;
}

async function untilGone(
  { device, isGone, next }: Removal,
  { clock, timeoutMs, signal }: DetachOptions,
): Promise<void> {
  const over = new AbortController();
  const stop = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
  const late = clock.sleep(timeoutMs, { signal: stop }).then(() => 'late' as const);
  late.catch(() => {});
  try {
    while (!(await isGone())) {
      if ((await Promise.race([next(), late])) === 'late') throw stuck(device, timeoutMs);
    }
  } finally {
    over.abort();
  }
}

function has({ disks = [], interfaces = [] }: Devices, { kind, name }: DeviceXml): boolean {
  if (kind === 'disk') return disks.some(({ target }) => target?.dev === name);
  return interfaces.some(({ mac }) => mac?.address?.toLowerCase() === name.toLowerCase());
}

function stuck({ kind, name }: DeviceXml, timeoutMs: number): SpawnerError {
  return new SpawnerError(
    'WAIT_TIMEOUT',
    `The guest did not let go of the ${kind} ${name} within ${timeoutMs / 1000} s`,
    {
      fix: 'Unmount it in the guest, or stop the instance first.',
      context: { kind, name, timeoutMs },
    },
  );
}
