import { Domain, parse } from '@spawnkit/guest-config';
import { pciText } from '@spawnkit/guest-designer';
import { type Connection, NotFoundError } from '@spawnkit/libvirt';

/** What a running domain, whoever made it, keeps others from having. */
export interface LiveDomain {
  readonly uuid: string;
  /** Host CPUs that one of its threads is bound to alone. */
  readonly pinnedCpus: readonly number[];
  readonly pciAddresses: readonly string[];
}

/** All that run. A domain that ends while it is looked at is not among them. */
export async function liveDomains(
  conn: Connection,
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<readonly LiveDomain[]> {
  const running = await conn.domains.list({ flags: ['ACTIVE'], signal });
  const looks = running.map((domain) =>
    domain.xml({ signal }).catch((error: unknown) => {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }),
  );
  return (await Promise.all(looks)).filter((xml) => xml !== undefined).map((xml) => liveDomain(parse(Domain, xml)));
}

/** What the document of a running domain says. */
export function liveDomain({ uuid = '', cputune, devices }: Domain): LiveDomain {
  const cpusets = [...(cputune?.vcpuPins ?? []), ...(cputune?.emulatorPin ? [cputune.emulatorPin] : [])].map(
    ({ cpuset }) => cpuset,
  );
  return {
    uuid,
    pinnedCpus: [...new Set(cpusets.filter((cpus) => cpus.length === 1).flat())],
    pciAddresses: (devices?.hostdevs ?? []).flatMap((device) =>
      device.type === 'pci' && device.source?.address ? [pciText(device.source.address)] : [],
    ),
  };
}
