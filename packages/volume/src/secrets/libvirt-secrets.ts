import { build, SecretDefinition, type SecretUsage } from '@spawnkit/guest-config';
import { type Connection, NotFoundError } from '@spawnkit/libvirt';
import type { SecretStore, SecretStoreOptions, SecretUse } from '../connect/secret-store.ts';

/** libvirt's own secrets. Those made here are private: only the daemon itself reads their values. */
export function libvirtSecrets(conn: Connection): SecretStore {
  const lookUp = async ({ type, id }: SecretUse, { signal }: SecretStoreOptions) => {
    try {
      return await conn.secrets.byUsage(type === 'volume' ? 'VOLUME' : 'ISCSI', id, { signal });
    } catch (error) {
      if (error instanceof NotFoundError && error.is('NO_SECRET')) return undefined;
      throw error;
    }
  };
  return {
    find: async (use, options = {}) => (await lookUp(use, options))?.uuid,
    async create(use, value, { signal } = {}) {
      signal?.throwIfAborted();
      const xml = build(SecretDefinition, { ephemeral: false, private: true, usage: usageOf(use) });
      // The daemon defines whether somebody waits or not; so the answer is awaited, and an abort counts after it.
      const secret = await conn.secrets.define(xml);
      try {
        signal?.throwIfAborted();
        await secret.setValue(new TextEncoder().encode(value.reveal()), { signal });
        return secret.uuid;
      } catch (error) {
        await secret.undefine().catch(() => {});
        throw error;
      }
    },
    async delete(use, options = {}) {
      const secret = await lookUp(use, options);
      try {
        await secret?.undefine(options);
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
