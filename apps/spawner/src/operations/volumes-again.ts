import { defineDomain } from '@spawnkit/domain-runtime';
import type { Exec } from '@spawnkit/effects';
import { build, type Disk, Domain as DomainXml, parse } from '@spawnkit/guest-config';
import type { DiskSource } from '@spawnkit/guest-designer';
import type { Connection, Domain } from '@spawnkit/libvirt';
import type { Host } from '../host.ts';
import type { SpawnRequest } from '../request/request.ts';
import { connectedVolumes } from '../volumes/connected-volumes.ts';

interface Context {
  readonly host: Host;
  readonly conn: Connection;
  readonly exec: Exec;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Connects the volumes of a domain that is to be started, which does nothing where they are connected. After a boot of the
 * host a device may have another name: then the domain is defined anew with it. Throws what connecting throws.
 */
export async function connectVolumesAgain(domain: Domain, request: SpawnRequest, context: Context): Promise<void> {
  const { conn, signal } = context;
  if (request.blockDeviceInfo.blockDeviceMapping.length === 0) return;
  const virtType = conn.uri.startsWith('lxc:') ? 'lxc' : 'qemu';
  const sources = await connectedVolumes({ ...context, request, disks: request, virtType });
  const definition = parse(DomainXml, await domain.xml({ flags: ['INACTIVE', 'SECURE'], signal }));
  const { disks = [] } = definition.devices ?? {};
  const moved = disks.map((disk) => movedDisk(disk, sources.get(`/dev/${disk.target?.dev ?? ''}`)));
  if (moved.every((disk, index) => disk === disks[index])) return;
  const devices = { ...definition.devices, disks: moved };
  await defineDomain(conn, build(DomainXml, { ...definition, devices }), { signal });
}

/** The same disk where nothing has changed. */
function movedDisk(disk: Disk, source: DiskSource | undefined): Disk {
  if (source?.type === 'block' && disk.type === 'block' && disk.source?.dev !== source.path) {
    return { ...disk, source: { ...disk.source, dev: source.path } };
  }
  if (source?.type === 'file' && disk.type === 'file' && disk.source?.file !== source.path) {
    return { ...disk, source: { ...disk.source, file: source.path } };
  }
  return disk;
}
