import { type Connection, type Domain, LibvirtError, NotFoundError } from '@spawnkit/libvirt';

interface Options {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes the domain known to libvirt; it does not run yet. Follows virDomainDefineXMLFlags; throws libvirt's errors. An
 * abort counts before the call, and again when it has been answered: the daemon defines whether somebody waits or not.
 */
export async function defineDomain(conn: Connection, xml: string, { signal }: Options = {}): Promise<Domain> {
  signal?.throwIfAborted();
  const domain = await conn.domains.define(xml);
  signal?.throwIfAborted();
  return domain;
}

/**
 * What goes with a definition: everything at first, less where a driver or an older daemon refuses. `TPM` came with 8.9.0,
 * `CHECKPOINTS_METADATA` with 5.6.0; drivers without NVRAM or saved images know none of them.
 */
const undefineFlags = [
  ['MANAGED_SAVE', 'SNAPSHOTS_METADATA', 'CHECKPOINTS_METADATA', 'NVRAM', 'TPM'],
  ['MANAGED_SAVE', 'SNAPSHOTS_METADATA', 'CHECKPOINTS_METADATA', 'NVRAM'],
  ['MANAGED_SAVE', 'SNAPSHOTS_METADATA', 'NVRAM'],
  ['MANAGED_SAVE', 'SNAPSHOTS_METADATA'],
  [],
] as const;

/**
 * The inverse of {@link defineDomain}: the definition goes, and with it NVRAM, TPM state, a saved memory image and the
 * metadata of snapshots and checkpoints, as far as the daemon knows these. Idempotent: a domain that is not there is fine.
 * It must not run any more.
 */
export async function undefineDomain(conn: Connection, uuid: string, { signal }: Options = {}): Promise<void> {
  try {
    const domain = await conn.domains.byUuid(uuid, { signal });
    await undefineAllThatGoes(domain, signal);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}

async function undefineAllThatGoes(domain: Domain, signal: AbortSignal | undefined): Promise<void> {
  let refusal: unknown;
  for (const flags of undefineFlags) {
    try {
      return await domain.undefine({ flags, signal });
    } catch (error) {
      if (!isUnknownFlag(error)) throw error;
      refusal = error;
    }
  }
  throw refusal;
}

/** virCheckFlags of a driver: `unsupported flags (0x20) in function …`, an INVALID_ARG. */
function isUnknownFlag(error: unknown): boolean {
  return error instanceof LibvirtError && (error.is('INVALID_ARG') || error.is('ARGUMENT_UNSUPPORTED'));
}
