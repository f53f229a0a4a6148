import type { Connection, EventGap } from '@spawnkit/libvirt';
import { domainState, type Observation } from './observe.ts';

/** An instance of this host, and whether its guest is meant to run. */
export interface WantedInstance {
  readonly uuid: string;
  readonly shouldRun: boolean;
}

/**
 * What an instance needs after the host came up again. `start`: its guest is meant to run and does not; its VIFs, volumes and
 * locks of before the boot are gone, so all of it has to be set up again. `define`: the same, and libvirt does not even know
 * the domain. `none`: it is as it should be.
 */
export interface AfterBoot {
  readonly uuid: string;
  readonly action: 'none' | 'start' | 'define';
  /** What libvirt said. */
  readonly seen: Observation;
}

/**
 * Looks which instances have to be brought back after a boot, and changes nothing. A guest that runs, or is paused or
 * suspended, is left alone, and so is one of which libvirt knows no state. Follows Nova's `resume_state_on_host_boot`.
 * Throws libvirt's errors.
 */
export async function instancesToResume(
  conn: Connection<EventGap>,
  wanted: readonly WantedInstance[],
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<readonly AfterBoot[]> {
  return Promise.all(
    wanted.map(async ({ uuid, shouldRun }) => {
      const seen = await domainState(conn, uuid, { signal });
      return { uuid, action: shouldRun ? actionFor(seen) : 'none', seen };
    }),
  );
}

function actionFor({ state }: Observation): AfterBoot['action'] {
  if (state === 'ABSENT') return 'define';
  return ['RUNNING', 'BLOCKED', 'PAUSED', 'PMSUSPENDED', 'NOSTATE'].includes(state) ? 'none' : 'start';
}
