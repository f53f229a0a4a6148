import type { Secret } from '@spawnkit/effects';
import { type Connection, type EventGap, NotFoundError } from '@spawnkit/libvirt';

interface Options {
  readonly signal?: AbortSignal | undefined;
}

export interface VtpmSecret extends Options {
  /** UUID of the libvirt secret, which the guest's TPM names. */
  readonly uuid: string;
  readonly instanceUuid: string;
  readonly passphrase: Secret;
}

/**
 * Gives libvirt the passphrase that a guest's TPM state is encrypted with. It is only needed while the domain starts, so it
 * is neither written to disk by libvirt nor shown by it. Idempotent. Follows Nova's `_create_secret` for `vtpm`; throws
 * libvirt's errors.
 */
export async function createVtpmSecret(
  conn: Connection<EventGap>,
  { uuid, instanceUuid, passphrase, signal }: VtpmSecret,
): Promise<void> {
  const xml = `<secret ephemeral='yes' private='yes'>
  <uuid>${uuid}</uuid>
  <usage type='vtpm'><name>${instanceUuid}</name></usage>
</secret>`;
  const secret = await conn.secrets.define(xml, { signal });
  await secret.setValue(Buffer.from(passphrase.reveal()), { signal });
}

/** The inverse of {@link createVtpmSecret}, good for any secret. Idempotent. */
export async function removeSecret(conn: Connection<EventGap>, uuid: string, { signal }: Options = {}): Promise<void> {
  try {
    const secret = await conn.secrets.byUuid(uuid, { signal });
    await secret.undefine({ signal });
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
  }
}
