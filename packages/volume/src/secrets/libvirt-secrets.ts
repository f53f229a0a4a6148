import { type Clock, systemClock } from '@spawnkit/effects';
import { build, SecretDefinition, type SecretUsage } from '@spawnkit/guest-config';
import { type Connection, namedUuid, NotFoundError } from '@spawnkit/libvirt';
import type { SecretStore, SecretStoreOptions, SecretUse } from '../connect/secret-store.ts';
import { VolumeError } from '../errors.ts';

export interface LibvirtSecretsOptions {
  readonly clock?: Clock | undefined;
  /** How long the daemon may take to define a secret, which no abort shortens. Default 60 s. */
  readonly timeoutMs?: number | undefined;
}

type DefinedSecret = Awaited<ReturnType<Connection['secrets']['define']>>;

const DEFINE_MS = 60_000;
const TAKE_BACK_MS = 10_000;

/**
 * libvirt's own secrets. Those made here are private: only the daemon itself reads their values. One that was lost and is made
 * again has the UUID that it had, so that the definitions of domains still name it. Throws libvirt's errors, and
 * `CONNECT_FAILED` where the daemon does not answer.
 */
export function libvirtSecrets(conn: Connection, options: LibvirtSecretsOptions = {}): SecretStore {
  const lookUp = async ({ type, id }: SecretUse, { signal }: SecretStoreOptions) => {
    try {
      return await conn.secrets.byUsage(type === 'volume' ? 'VOLUME' : 'ISCSI', id, { signal });
    } catch (error) {
      if (error instanceof NotFoundError && error.is('NO_SECRET')) return undefined;
      throw error;
    }
  };
  return {
    find: async (use, call = {}) => (await lookUp(use, call))?.uuid,
    async create(use, value, { signal } = {}) {
      signal?.throwIfAborted();
      const xml = build(SecretDefinition, {
        ephemeral: false,
        private: true,
        uuid: namedUuid(`spawnkit secret ${use.type} ${use.id}`),
        usage: usageOf(use),
      });
      // The daemon defines whether somebody waits or not; so the answer is awaited, and an abort counts after it.
      const secret = await defineInTime(conn, xml, options);
      try {
        signal?.throwIfAborted();
        await secret.setValue(new TextEncoder().encode(value.reveal()), { signal });
        return secret.uuid;
      } catch (error) {
        await secret.undefine({ signal: AbortSignal.timeout(TAKE_BACK_MS) }).catch(() => {});
        throw error;
      }
    },
    async delete(use, call = {}) {
      const secret = await lookUp(use, call);
      try {
        await secret?.undefine(call);
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error;
      }
    },
    async usersOf(uuid, { signal } = {}) {
      const users: string[] = [];
      for (const domain of await conn.domains.list({ signal })) {
        if ((await definitionOf(domain, signal)).includes(uuid)) users.push(domain.name);
      }
      return users;
    },
  };
}

/** An answer that comes too late finds nobody who would take the secret back later, so it goes at once. */
async function defineInTime(
  conn: Connection,
  xml: string,
  { clock = systemClock, timeoutMs = DEFINE_MS }: LibvirtSecretsOptions,
): Promise<DefinedSecret> {
  const over = new AbortController();
  const defining = conn.secrets.define(xml);
  const late = clock.sleep(timeoutMs, { signal: over.signal }).then(() => {
    defining.then((secret) => secret.undefine()).catch(() => {});
    throw tooSlow(timeoutMs);
  });
  late.catch(() => {});
  try {
    return await Promise.race([defining, late]);
  } finally {
    over.abort();
  }
}

function tooSlow(timeoutMs: number): VolumeError {
  return new VolumeError(
    'CONNECT_FAILED',
    `libvirt did not define the secret of the volume within ${timeoutMs / 1000} s`,
    {
      context: { timeoutMs },
      fix: 'See whether the daemon hangs: virsh secret-list; its log: journalctl -u libvirtd.',
    },
  );
}

function usageOf({ type, id }: SecretUse): SecretUsage {
  return type === 'volume' ? { type, volume: id } : { type, target: id };
}

/** What a domain has now; empty for one that went away meanwhile. */
async function definitionOf(domain: Awaited<ReturnType<Connection['domains']['list']>>[number], signal?: AbortSignal) {
  try {
    return await domain.xml({ signal });
  } catch (error) {
    if (error instanceof NotFoundError) return '';
    throw error;
  }
}
