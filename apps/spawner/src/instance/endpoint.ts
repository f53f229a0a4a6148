import type { Connection } from '@spawnkit/libvirt';
import { addressesOf, type InstanceAddress } from './addresses.ts';
import type { KnownInstance } from './inventory.ts';
import { findStoredRequest } from '../request/stored-request.ts';

/** Where something of a guest can be reached from this host. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

interface Options {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Where a TCP port of the guest is reached: through a forwarded port where the specification has one, else at the first
 * address that is known. Undefined as long as there is none.
 */
export async function endpointOf(
  conn: Connection,
  instance: Pick<KnownInstance, 'uuid' | 'instancePath'>,
  guestPort: number,
  options: Options,
): Promise<Endpoint | undefined> {
  const request = await findStoredRequest(instance.instancePath);
  const forward = request?.ports?.find(({ guest, protocol }) => guest === guestPort && protocol === 'tcp');
  if (forward) return { address: forward.address, port: forward.host };
  const address = reachableAddress(await addressesOf(conn, instance, options));
  return address === undefined ? undefined : { address, port: guestPort };
}

/** The first address that this host can reach by itself. */
export function reachableAddress(addresses: readonly InstanceAddress[]): string | undefined {
  return addresses.find(({ address, from }) => address !== null && from !== 'user')?.address ?? undefined;
}
