import { SpawnerError } from '../errors.ts';
import type { SpawnerFacts } from '../host-facts.ts';
import type { KnownInstance } from './inventory.ts';

/** Containers run on a root file system that only a spawn mounts. Throws {@link SpawnerError} `USAGE`. */
export function refuseContainer(
  { name }: Pick<KnownInstance, 'name'>,
  { virtType }: Pick<SpawnerFacts, 'virtType'>,
): void {
  if (virtType !== 'lxc') return;
  throw new SpawnerError('USAGE', `The instance "${name}" is a container, which can only be launched and deleted`, {
    fix: 'Delete it, and launch it anew.',
    context: { name },
  });
}
