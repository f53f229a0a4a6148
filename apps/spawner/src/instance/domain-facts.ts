import { Domain, parse } from '@spawnkit/guest-config';
import type { Connection } from '@spawnkit/libvirt';

interface Options {
  readonly signal?: AbortSignal | undefined;
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
