import { Domain, parse } from '@spawnkit/guest-config';
import type { Connection } from '@spawnkit/libvirt';

interface Options {
  readonly signal?: AbortSignal | undefined;
}

/** A network interface of a domain and the address it got. */
export interface DomainAddress {
  readonly mac: string;
  /** What libvirt's DHCP leased; null where somebody else gives addresses. */
  readonly address: string | null;
}

/** The interfaces of a domain, with their addresses as far as libvirt's networks know them. */
export async function addressesOf(conn: Connection, uuid: string, options: Options): Promise<readonly DomainAddress[]> {
  const interfaces = (await devicesOf(conn, uuid, options)).interfaces ?? [];
  return Promise.all(
    interfaces.map(async (one) => {
      const mac = one.mac?.address ?? '';
      const network = one.type === 'network' ? one.source?.network : undefined;
      return { mac, address: network === undefined ? null : await leased(conn, network, mac, options) };
    }),
  );
}

/** The disks of a domain: name in the guest, and where its bytes lie. */
export async function disksOf(conn: Connection, uuid: string, options: Options) {
  const disks = (await devicesOf(conn, uuid, options)).disks ?? [];
  return disks.map((disk) => ({
    target: disk.target?.dev ?? disk.target?.bus ?? '',
    source: disk.type === 'file' || disk.type === undefined ? (disk.source?.file ?? null) : null,
  }));
}

async function devicesOf(conn: Connection, uuid: string, { signal }: Options) {
  const domain = await conn.domains.byUuid(uuid, { signal });
  return parse(Domain, await domain.xml({ signal })).devices ?? {};
}

async function leased(conn: Connection, name: string, mac: string, { signal }: Options): Promise<string | null> {
  const network = await conn.networks.byName(name, { signal });
  const leases = await network.dhcpLeases({ mac, signal });
  return leases[0]?.address ?? null;
}
