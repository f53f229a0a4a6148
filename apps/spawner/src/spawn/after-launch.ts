import type { Exec } from '@spawnkit/effects';
import type { Connection, Domain } from '@spawnkit/libvirt';
import { allowHairpin } from '../firewall/hairpin.ts';
import { applyFilter } from '../firewall/instance-firewall.ts';
import type { Host } from '../host.ts';
import type { SpawnRequest } from '../request/request.ts';
import { forwardPorts } from './forward-ports.ts';

interface Context {
  readonly conn: Connection;
  readonly exec: Exec;
  readonly signal?: AbortSignal | undefined;
}

/** What a domain gets whenever it has been launched, and loses with its end: forwarded ports, hairpins, filters. */
export async function afterLaunch(host: Host, domain: Domain, request: SpawnRequest, context: Context): Promise<void> {
  const { conn, signal } = context;
  await forwardPorts(conn, domain, request, { signal });
  await allowHairpin(domain, request, context);
  if (request.firewall) await applyFilter(host, request.firewall, context);
}
