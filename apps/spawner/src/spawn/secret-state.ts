import { stat } from 'node:fs/promises';
import { type Connection, LibvirtError, NotFoundError } from '@spawnkit/libvirt';

/** Where libvirt's system daemon keeps secrets that outlive it: `<uuid>.xml`, and `<uuid>.base64` once one has a value. */
const KEPT = '/etc/libvirt/secrets';

/** `private`: libvirt shows its value to nobody, and this host does not tell either whether it has one. */
export type SecretState = 'usable' | 'missing' | 'empty' | 'private';

/** Whether a libvirt secret is there and has a value, which is not looked at. Throws libvirt's errors. */
export async function secretState(
  conn: Connection,
  uuid: string,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<SecretState> {
  try {
    const secret = await conn.secrets.byUuid(uuid, { signal });
    return await valueState(secret, signal);
  } catch (error) {
    if (error instanceof NotFoundError) return 'missing';
    throw error;
  }
}

type Secret = Awaited<ReturnType<Connection['secrets']['byUuid']>>;

async function valueState(secret: Secret, signal: AbortSignal | undefined): Promise<SecretState> {
  try {
    await secret.value({ signal });
    return 'usable';
  } catch (error) {
    if (error instanceof NotFoundError) return 'empty';
    if (error instanceof LibvirtError && error.is('INVALID_SECRET')) return await keptState(secret.uuid);
    throw error;
  }
}

async function keptState(uuid: string): Promise<SecretState> {
  if (!(await isThere(`${KEPT}/${uuid}.xml`))) return 'private';
  return (await isThere(`${KEPT}/${uuid}.base64`)) ? 'usable' : 'empty';
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
