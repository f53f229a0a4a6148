import type { Json } from '@spawnkit/effects';
import type { InstanceNumaTopology } from '@spawnkit/instance';
import { type Host } from '../host.ts';
import { listInstances } from '../instance/inventory.ts';

/** What an instance has of the host that nobody else may have. Plain JSON: it stands in the instance's journal. */
export interface Claim {
  /** Which host cells, host CPUs and pages its virtual cells have. */
  readonly numaTopology?: InstanceNumaTopology | undefined;
  /** Devices that it gets whole: `0000:3b:00.1`. */
  readonly pciAddresses: readonly string[];
}

/** A claim and whose it is. */
export interface HeldClaim extends Claim {
  readonly uuid: string;
}

/**
 * The claims of all instances of this host, whether they run or not: an instance that is stopped starts where it was. One that
 * is being taken back holds its claim until it is gone.
 */
export async function heldClaims(host: Pick<Host, 'paths'>): Promise<readonly HeldClaim[]> {
  const instances = await listInstances(host);
  return instances.flatMap(({ uuid, journal }) =>
    journal.entries
      .filter(({ kind, state }) => kind === 'claim' && state !== 'undone')
      .map(({ data }) => ({ uuid, ...claimOf(data) })),
  );
}

/** What {@link claimResources} has journalled. */
function claimOf(data: Json): Claim {
  return data as unknown as Claim;
}
