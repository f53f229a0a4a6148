import { launchDomain } from '@spawnkit/domain-runtime';
import type { Exec } from '@spawnkit/effects';
import type { Connection, Domain } from '@spawnkit/libvirt';
import { forwardPorts } from '../spawn/forward-ports.ts';
import type { Host } from '../host.ts';
import { partsOf } from '../spawn/parts.ts';
import type { SpawnRequest } from '../request/request.ts';
import { findStoredRequest } from '../request/stored-request.ts';
import { defineVtpmSecret, takeVtpmSecret } from '../spawn/vtpm-secret.ts';

export interface BringUp {
  readonly host: Host;
  readonly conn: Connection;
  readonly exec: Exec;
  readonly uuid: string;
  readonly instancePath: string;
  readonly signal?: AbortSignal | undefined;
}

/** Plugs the VIFs of an instance, which does nothing where they are plugged, and launches its domain unless it runs. */
export async function bringUp({ host, conn, exec, uuid, instancePath, signal }: BringUp): Promise<void> {
  const request = await findStoredRequest(instancePath);
  const context = { exec, conn, locksPath: host.paths.locks, log: host.log, signal };
  for (const vif of request?.networkInfo ?? []) await partsOf(host).plug(vif, context);
  const domain = await conn.domains.byUuid(uuid, { signal });
  if (await domain.isActive({ signal })) return;
  if (request) await launchAsAsked(domain, { request, conn, instancePath, signal });
  else await launchDomain(domain, { signal });
}

interface LaunchAsAsked {
  readonly request: SpawnRequest;
  readonly conn: Connection;
  readonly instancePath: string;
  readonly signal: AbortSignal | undefined;
}

async function launchAsAsked(domain: Domain, { request, conn, instancePath, signal }: LaunchAsAsked): Promise<void> {
  try {
    await defineVtpmSecret({ request, conn, signal }, instancePath);
    await launchDomain(domain, { signal });
  } finally {
    await takeVtpmSecret({ request, conn });
  }
  await forwardPorts(conn, domain, request, { signal });
}
