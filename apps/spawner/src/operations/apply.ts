import { destroyInstance } from '../spawn/destroy.ts';
import { SpawnerError } from '../errors.ts';
import { asksForTheSame, differencesTo, type ExistingInstance, findExisting } from '../instance/existing-instance.ts';
import type { Host } from '../host.ts';
import { type KnownInstance, listInstances } from '../instance/inventory.ts';
import type { SpawnRequest } from '../request/request.ts';
import { spawn } from '../spawn/spawn.ts';
import { findStoredRequest } from '../request/stored-request.ts';

export interface ApplyOptions {
  /** Instances of one set, and only these, are pruned when the set has them no more. */
  readonly set: string;
  /** Deletes an instance whose specification has changed, and launches it anew. */
  readonly recreate?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What was done for a specification, or would be done. */
export type ApplyAction = 'launch' | 'recreate' | 'leave alone';

/**
 * What {@link apply} would do. Throws {@link SpawnerError} `EXISTS`, with the differences, for an instance that another
 * specification made and that may not be made anew.
 */
export async function planApply(
  host: Host,
  request: SpawnRequest,
  { recreate = false }: ApplyOptions,
): Promise<{ readonly action: ApplyAction; readonly existing: ExistingInstance | undefined }> {
  const existing = await findExisting(host, request.name);
  if (!existing) return { action: 'launch', existing };
  if (existing.instance.committed && asksForTheSame(existing, request)) return { action: 'leave alone', existing };
  if (!recreate) throw changed(existing, request);
  return { action: 'recreate', existing };
}

/**
 * Sees to it that there is an instance as the request wants it: launches it when there is none, and leaves it alone
 * when it was made from a specification that asks for the same. Throws what {@link planApply}, `spawn` and
 * `destroyInstance` throw.
 */
export async function apply(host: Host, request: SpawnRequest, options: ApplyOptions): Promise<ApplyAction> {
  const { signal, set } = options;
  const { action, existing } = await planApply(host, request, options);
  if (action === 'leave alone') return action;
  if (existing) await destroyInstance(host, existing.instance, { signal });
  await spawn(host, { ...request, set }, { signal });
  return action;
}

/** The instances that `apply` made for a set which has them no more. */
export async function surplusOf(
  host: Host,
  { set, names }: { readonly set: string; readonly names: readonly string[] },
): Promise<readonly KnownInstance[]> {
  const others = (await listInstances(host)).filter(({ name }) => !names.includes(name));
  const sets = await Promise.all(others.map(({ instancePath }) => findStoredRequest(instancePath)));
  return others.filter((_, index) => sets[index]?.set === set);
}

function changed(existing: ExistingInstance, request: SpawnRequest): SpawnerError {
  const { name, uuid, committed } = existing.instance;
  const differences = differencesTo(existing, request);
  if (!committed) {
    return new SpawnerError('BUSY', `A spawn or delete of "${name}" (${uuid}) is under way`, {
      fix: 'Try again when it has ended.',
    });
  }
  const where =
    differences.map(({ path }) => path).join(', ') || 'how is not known: it was not made from a specification';
  return new SpawnerError('EXISTS', `The instance "${name}" (${uuid}) was made from another specification (${where})`, {
    fix: '`spawner plan` shows the differences; --recreate deletes it and launches it anew.',
    context: { name, uuid, differences },
  });
}
