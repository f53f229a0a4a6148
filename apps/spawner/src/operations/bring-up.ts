import { launchDomain } from '@spawnkit/domain-runtime';
import type { Exec } from '@spawnkit/effects';
import type { Connection, Domain } from '@spawnkit/libvirt';
import { filter } from '../firewall/instance-firewall.ts';
import { afterLaunch } from '../spawn/after-launch.ts';
import type { Host } from '../host.ts';
import { partsOf } from '../spawn/parts.ts';
import { vifOwnerOf } from '../spawn/vif-owner.ts';
import type { SpawnRequest } from '../request/request.ts';
import { findStoredRequest } from '../request/stored-request.ts';
import { connectVolumesAgain } from './volumes-again.ts';
import { defineVtpmSecret, takeVtpmSecret } from '../spawn/vtpm-secret.ts';

export interface BringUp {
  readonly host: Host;
  readonly conn: Connection;
  readonly exec: Exec;
  readonly uuid: string;
  readonly instancePath: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes the host's side of an instance what it has to be, which does nothing where it is: VIFs plugged, volumes connected,
 * traffic filtered. Then launches its domain unless it runs.
 */
export async function bringUp({ instancePath, uuid, ...context }: BringUp): Promise<void> {
  const { host, conn, exec, signal } = context;
  const request = await findStoredRequest(instancePath);
  if (request) await plugAgain(request, context);
  const domain = await conn.domains.byUuid(uuid, { signal });
  if (await domain.isActive({ signal })) return;
  if (!request) return launchDomain(domain, { signal });
  await connectVolumesAgain(domain, request, context);
  if (request.firewall) await filter(host, request.firewall, { conn, exec, signal });
  await launchAsAsked(domain, request, { ...context, instancePath });
}

type Context = Omit<BringUp, 'uuid' | 'instancePath'>;

async function plugAgain(request: SpawnRequest, { host, exec, conn, signal }: Context): Promise<void> {
  const owner = vifOwnerOf(request);
  const context = { exec, conn, locksPath: host.paths.locks, owner, log: host.log, signal };
  for (const vif of request.networkInfo) await partsOf(host).plug(vif, context);
}

async function launchAsAsked(
  domain: Domain,
  request: SpawnRequest,
  { host, conn, exec, instancePath, signal }: Omit<BringUp, 'uuid'>,
): Promise<void> {
  try {
    await defineVtpmSecret({ request, conn, signal }, instancePath);
    await launchDomain(domain, { signal });
  } finally {
    await takeVtpmSecret({ request, conn });
  }
  await afterLaunch(host, domain, request, { conn, exec, signal });
}
