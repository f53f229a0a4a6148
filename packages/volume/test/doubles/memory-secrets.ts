import { randomUUID } from 'node:crypto';
import type { SecretStore, SecretUse } from '../../src/index.ts';

/** libvirt's secrets in memory. */
export interface MemorySecrets extends SecretStore {
  /** Value by `type id`. */
  readonly values: ReadonlyMap<string, string>;
  /** Domains that use a secret, by its UUID. */
  readonly users: Map<string, readonly string[]>;
}

export function memorySecrets(): MemorySecrets {
  const uuids = new Map<string, string>();
  const values = new Map<string, string>();
  const users = new Map<string, readonly string[]>();
  const keyOf = ({ type, id }: SecretUse) => `${type} ${id}`;
  return {
    values,
    users,
    async find(use, { signal } = {}) {
      signal?.throwIfAborted();
      return uuids.get(keyOf(use));
    },
    async create(use, value, { signal } = {}) {
      signal?.throwIfAborted();
      const uuid = randomUUID();
      uuids.set(keyOf(use), uuid);
      values.set(keyOf(use), value.reveal());
      return uuid;
    },
    async delete(use, { signal } = {}) {
      signal?.throwIfAborted();
      uuids.delete(keyOf(use));
      values.delete(keyOf(use));
    },
    usersOf: async (uuid) => users.get(uuid) ?? [],
  };
}
