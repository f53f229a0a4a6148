import { rm } from 'node:fs/promises';
import { destroyDomain, undefineDomain } from '@spawnkit/domain-runtime';
import type { InverseOptions, Inverses, Json, Rollback } from '@spawnkit/effects';
import type { Vif } from '@spawnkit/instance';
import { unplug } from '@spawnkit/vif';
import { SpawnerError } from './errors.ts';
import { type Host, journalledExec } from './host.ts';

/**
 * Everything a spawn does to the host, by kind, with the data that taking it back needs. An act of a kind is journalled
 * with its data before it happens; its inverse below is idempotent, and right whether the act happened or not.
 */
export interface Acts {
  /** The directory of the instance's files: disks, config drive, console log, XML. */
  'instance-path': { readonly path: string };
  /** A VIF plugged. */
  vif: { readonly vif: Vif };
  /** The domain defined. */
  domain: { readonly uuid: string };
  /** The domain launched. */
  launch: { readonly uuid: string };
}

/** Does something to the host that {@link inverses} can take back. */
export async function act<Kind extends keyof Acts, T>(
  rollback: Rollback,
  kind: Kind,
  data: Acts[Kind],
  run: () => Promise<T>,
): Promise<T> {
  // An interface lacks the index signature of `Json`; the rollback checks that it is plain JSON.
  return rollback.act(kind, data as unknown as Json, run);
}

type TypedInverses = {
  readonly [Kind in keyof Acts]: (data: Acts[Kind], options: InverseOptions) => Promise<void>;
};

/** Where an instance was spawned, which is not always where the settings of today would put it. */
export interface Place {
  /** libvirt connection URI. */
  readonly uri: string;
  readonly instancePath: string;
}

/** How each kind of act is taken back. */
export function inverses(host: Host, place: Place): Inverses {
  const { uri } = place;
  const table: TypedInverses = {
    async 'instance-path'({ path }) {
      await rm(confine(path, place), { recursive: true, force: true });
    },
    async vif({ vif }, { signal, childObserver }) {
      const conn = await host.connect({ uri, signal });
      const exec = journalledExec(host, { childObserver });
      await unplug(vif, { exec, conn, locksPath: host.paths.locks, log: host.log, signal });
    },
    async domain({ uuid }, { signal }) {
      const conn = await host.connect({ uri, signal });
      await undefineDomain(conn, uuid, { signal });
      // A start that a killed spawner had still asked for may have come between the end of the domain and here: then it
      // runs without a definition, and goes with its end.
      await destroyDomain(conn, uuid, { signal });
    },
    async launch({ uuid }, { signal }) {
      await destroyDomain(await host.connect({ uri, signal }), uuid, { signal });
    },
  };
  // Each inverse gets back what an act of its kind was journalled with.
  return table as unknown as Inverses;
}

/** A directory is removed with all that is in it: only the instance's own may be. */
function confine(path: string, { instancePath }: Place): string {
  if (path === instancePath && /^\/.*\/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(path)) return path;
  throw new SpawnerError('RESIDUE', `Refusing to remove "${path}": it is not the directory of the instance`, {
    fix: 'Look what is in it, and remove it by hand.',
    context: { path, instancePath },
  });
}
