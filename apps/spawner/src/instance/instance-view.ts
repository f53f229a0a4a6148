import { type Connection, NotFoundError } from '@spawnkit/libvirt';
import type { KnownInstance } from './inventory.ts';
import { isRescued } from './is-rescued.ts';
import { storedFacts } from '../request/stored-request.ts';

/** An instance as commands show it. */
export interface InstanceView {
  readonly name: string;
  readonly uuid: string;
  /**
   * libvirt's name of the domain's state; `ABSENT` where libvirt does not know it, `UNKNOWN` where libvirt does not
   * answer.
   */
  readonly state: string;
  /** libvirt's reason for the state. */
  readonly reason: string | null;
  /** False after an interrupted spawn or delete, and while one is under way. */
  readonly complete: boolean;
  /** It runs from another disk, to be repaired. */
  readonly rescued: boolean;
  readonly vcpus: number;
  readonly memoryMib: number;
  readonly image: string | null;
  readonly networks: readonly string[];
  readonly createdAt: string;
  readonly instancePath: string;
}

/** What is known of an instance, with its domain's state; without a connection the state is `UNKNOWN`. */
export async function viewInstance(
  instance: KnownInstance,
  conn: Connection | undefined,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<InstanceView> {
  const { name, uuid, summary, committed, createdAt, instancePath } = instance;
  const state = conn ? await stateOf(conn, uuid, signal) : { state: 'UNKNOWN', reason: null };
  const [rescued, facts] = await Promise.all([isRescued(instance), storedFacts(instancePath)]);
  return { name, uuid, ...state, complete: committed, rescued, ...summary, ...facts, createdAt, instancePath };
}

async function stateOf(conn: Connection, uuid: string, signal: AbortSignal | undefined) {
  try {
    const domain = await conn.domains.byUuid(uuid, { signal });
    return await domain.state({ signal });
  } catch (error) {
    if (error instanceof NotFoundError) return { state: 'ABSENT', reason: null };
    throw error;
  }
}
