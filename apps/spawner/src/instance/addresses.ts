import { Domain, type Interface, parse } from '@spawnkit/guest-config';
import { type Connection, NotFoundError } from '@spawnkit/libvirt';
import type { KnownInstance } from './inventory.ts';
import type { SpawnRequest } from '../request/request.ts';
import { findStoredRequest } from '../request/stored-request.ts';

interface Options {
  readonly signal?: AbortSignal | undefined;
}

/** A network interface of an instance and the address it has. */
export interface InstanceAddress {
  readonly mac: string;
  /** Null where nobody on this host knows. */
  readonly address: string | null;
  /**
   * Who says so: libvirt's DHCP server, the specification, or QEMU's user networking (reachable by forwarded ports
   * only).
   */
  readonly from: 'lease' | 'specification' | 'user' | null;
}

/** QEMU gives the guest of a user network always this one. */
const USER_ADDRESS = '10.0.2.15';

/**
 * The interfaces of an instance with their addresses, as far as libvirt's networks and the specification tell them.
 * None where libvirt does not know the domain.
 */
export async function addressesOf(
  conn: Connection,
  { uuid, instancePath }: Pick<KnownInstance, 'uuid' | 'instancePath'>,
  options: Options,
): Promise<readonly InstanceAddress[]> {
  const interfaces = await interfacesOf(conn, uuid, options);
  const request = await findStoredRequest(instancePath).catch(() => undefined);
  return Promise.all(interfaces.map((one) => addressOf(conn, one, request, options)));
}

async function interfacesOf(conn: Connection, uuid: string, { signal }: Options): Promise<readonly Interface[]> {
  try {
    const domain = await conn.domains.byUuid(uuid, { signal });
    return parse(Domain, await domain.xml({ signal })).devices?.interfaces ?? [];
  } catch (error) {
    if (error instanceof NotFoundError) return [];
    throw error;
  }
}

async function addressOf(
  conn: Connection,
  one: Interface,
  request: SpawnRequest | undefined,
  options: Options,
): Promise<InstanceAddress> {
  const mac = one.mac?.address ?? '';
  const fixed = fixedAddress(request, mac);
  if (fixed !== undefined) return { mac, address: fixed, from: 'specification' };
  if (one.type === 'user') return { mac, address: USER_ADDRESS, from: 'user' };
  const network = one.type === 'network' ? one.source?.network : undefined;
  const address = network === undefined ? null : await leased(conn, network, mac, options);
  return { mac, address, from: address === null ? null : 'lease' };
}

function fixedAddress(request: SpawnRequest | undefined, mac: string): string | undefined {
  const vif = request?.networkInfo.find(({ address }) => address.toLowerCase() === mac.toLowerCase());
  return vif?.network.subnets.flatMap(({ ips }) => ips).find(({ version }) => version !== 6)?.address;
}

/** Null also where the network is gone or does not run. */
async function leased(conn: Connection, name: string, mac: string, { signal }: Options): Promise<string | null> {
  try {
    const network = await conn.networks.byName(name, { signal });
    const leases = await network.dhcpLeases({ mac, signal });
    return leases.at(-1)?.address ?? null;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof NotFoundError || (error instanceof Error && error.name === 'OperationInvalidError'))
      return null;
    throw error;
  }
}
