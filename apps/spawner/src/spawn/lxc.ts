import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Exec, Rollback } from '@spawnkit/effects';
import { act } from './acts.ts';
import { SpawnerError } from '../errors.ts';
import type { Host } from '../host.ts';
import type { SpawnerFacts } from '../host-facts.ts';
import { lxcRootOf } from '../instance/instance-path.ts';
import { partsOf } from './parts.ts';

interface LxcStart {
  readonly host: Host;
  readonly facts: SpawnerFacts;
  readonly instancePath: string;
  readonly exec: Exec;
  readonly rollback: Rollback;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Mounts the root disk of a container before its launch; other guests open theirs by themselves. Throws
 * {@link SpawnerError} `USAGE`, `DomainRuntimeError` `LXC_ROOT_FAILED`.
 */
export async function mountLxcRoot({ host, facts, instancePath, exec, rollback, signal }: LxcStart): Promise<void> {
  if (facts.virtType !== 'lxc') return;
  refuseOverlay(host);
  const target = lxcRootOf(instancePath);
  await mkdir(dirname(target), { mode: 0o700, recursive: true });
  const root = { type: 'image', path: join(instancePath, 'disk') } as const;
  await act(rollback, 'lxc-root', { target }, () => partsOf(host).setUpLxcRoot(root, { target, exec, signal }));
}

/** Lets go of the mount on the host's side: the container that runs has its own. */
export async function releaseLxcRootOf({ host, facts, instancePath, exec, signal }: LxcStart): Promise<void> {
  if (facts.virtType !== 'lxc') return;
  await partsOf(host).releaseLxcRoot({ target: lxcRootOf(instancePath), exec, signal });
}

function refuseOverlay({ settings }: Host): void {
  if (settings.imagesType === 'raw') return;
  throw new SpawnerError(
    'USAGE',
    `The root disk of a container is mounted, which a ${settings.imagesType} file cannot be`,
    {
      fix: 'Set imagesType to raw.',
      context: { imagesType: settings.imagesType },
    },
  );
}
