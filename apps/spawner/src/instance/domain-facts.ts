import { type Disk, Domain, parse } from '@spawnkit/guest-config';
import type { Connection } from '@spawnkit/libvirt';

interface Options {
  readonly signal?: AbortSignal | undefined;
}

/** The disks of a domain: name in the guest, and where its bytes lie. */
export async function disksOf(conn: Connection, uuid: string, options: Options) {
  const disks = (await devicesOf(conn, uuid, options)).disks ?? [];
  return disks.map((disk) => ({
    target: disk.target?.dev ?? disk.target?.bus ?? '',
    source: sourceText(disk),
  }));
}

/** A path, or for a disk that QEMU opens over the network what it is called there: `rbd:vms/a1b2_disk`. */
function sourceText({ source = {} }: Disk): string | null {
  if ('file' in source) return source.file ?? null;
  if ('dev' in source) return source.dev ?? null;
  return 'protocol' in source && source.name !== undefined ? `${source.protocol}:${source.name}` : null;
}

async function devicesOf(conn: Connection, uuid: string, { signal }: Options) {
  const domain = await conn.domains.byUuid(uuid, { signal });
  return parse(Domain, await domain.xml({ signal })).devices ?? {};
}
