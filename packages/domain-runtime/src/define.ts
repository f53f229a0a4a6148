import { type Connection, type Domain, type EventGap, LibvirtError, NotFoundError } from '@spawnkit/libvirt';
import { type DeadlineOptions, inTime } from './in-time.ts';

interface Options {
  readonly signal?: AbortSignal | undefined;
}

export interface UndefineOptions extends Options {
  /** Keeps the firmware's variables and the TPM's state, for a definition of the same UUID that follows. Default false. */
  readonly keepFirmwareState?: boolean | undefined;
}

/**
 * Makes the domain known to libvirt; it does not run yet. Follows virDomainDefineXMLFlags; throws libvirt's errors, and
 * {@link DomainRuntimeError} `CALL_TIMEOUT`. An abort counts before the call, and again when it has been answered: the daemon
 * defines whether somebody waits or not.
 */
export async function defineDomain(
  conn: Connection<EventGap>,
  xml: string,
  { signal, ...deadline }: Options & DeadlineOptions = {},
): Promise<Domain> {
  signal?.throwIfAborted();
  const domain = await inTime('define the domain', conn.domains.define(xml), deadline);
  signal?.throwIfAborted();
  return domain;
}

/**
 * What goes with a definition: everything at first, less where a driver or an older daemon refuses. `TPM` came with 8.9.0,
 * `CHECKPOINTS_METADATA` with 5.6.0; drivers without NVRAM or saved images know none of them.
 */
const undefineFlags = {
  remove: [
    ['MANAGED_SAVE', 'SNAPSHOTS_METADATA', 'CHECKPOINTS_METADATA', 'NVRAM', 'TPM'],
    ['MANAGED_SAVE', 'SNAPSHOTS_METADATA', 'CHECKPOINTS_METADATA', 'NVRAM'],
    ['MANAGED_SAVE', 'SNAPSHOTS_METADATA', 'NVRAM'],
    ['MANAGED_SAVE', 'SNAPSHOTS_METADATA'],
    [],
  ],
  keep: [
    ['MANAGED_SAVE', 'SNAPSHOTS_METADATA', 'CHECKPOINTS_METADATA', 'KEEP_NVRAM', 'KEEP_TPM'],
    ['MANAGED_SAVE', 'SNAPSHOTS_METADATA', 'CHECKPOINTS_METADATA', 'KEEP_NVRAM'],
    ['MANAGED_SAVE', 'SNAPSHOTS_METADATA', 'KEEP_NVRAM'],
    ['MANAGED_SAVE', 'SNAPSHOTS_METADATA'],
    [],
  ],
} as const;

/**
 * The inverse of {@link defineDomain}: the definition goes, and with it NVRAM, TPM state, a saved memory image and the
 * metadata of snapshots and checkpoints, as far as the daemon knows these. Idempotent: a domain that is not there is fine.
 * It must not run any more.
 */
export async function undefineDomain(
  conn: Connection<EventGap>,
  uuid: string,
  { signal, keepFirmwareState = false }: UndefineOptions = {},
): Promise<void> {
  try {
    const domain = await conn.domains.byUuid(uuid, { signal });
    await undefineAllThatGoes(domain, keepFirmwareState, signal);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}

async function undefineAllThatGoes(domain: Domain, keep: boolean, signal: AbortSignal | undefined): Promise<void> {
  let refusal: unknown;
  for (const flags of undefineFlags[keep ? 'keep' : 'remove']) {
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
