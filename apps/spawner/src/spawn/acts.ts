import { dirname } from 'node:path';
import {
  clearEventPost,
  defineDomain,
  destroyDomain,
  removeSecret,
  undefineDomain,
  withDeadline,
} from '@spawnkit/domain-runtime';
import type { InverseOptions, Inverses, Json, Rollback } from '@spawnkit/effects';
import type { Vif } from '@spawnkit/instance';
import type { Claim } from '../claims/claim.ts';
import { bringUp } from '../operations/bring-up.ts';
import { attachDevice, detachDevice, type DeviceXml } from '../operations/domain-devices.ts';
import { SpawnerError } from '../errors.ts';
import { type InstanceFirewall, unfilter } from '../firewall/instance-firewall.ts';
import { type Host, journalledExec } from '../host.ts';
import { type FileChange, putBack } from '../instance/instance-files.ts';
import { type DiskChange, doomedDisks, putDisksBack } from '../instance/storage-disks.ts';
import { type ForeignFile, giveBack } from './own-files.ts';
import { partsOf } from './parts.ts';
import { openImages, type StoragePlace } from './storage.ts';
import type { VolumeAct } from './volumes.ts';

/**
 * Everything a spawn or an operation on an instance does to the host, by kind, with the data that taking it back needs.
 * An act of a kind is journalled with its data before it happens; its inverse below is idempotent, and right whether
 * the act happened or not.
 */
export interface Acts {
  /** CPUs, pages and devices that nobody else may have; the journal itself is what holds them. */
  claim: Claim;
  /** The directory of the instance's files: disks, config drive, console log, XML. What was in it `before` stays. */
  'instance-path': { readonly path: string; readonly before?: readonly string[] | undefined };
  /** A file of the instance taken from its owner. */
  owner: ForeignFile;
  /** Disks made in a storage outside of the instance path. */
  disks: { readonly uuid: string; readonly names: readonly string[] };
  /** A volume connected. */
  volume: VolumeAct;
  /** The traffic of an instance filtered. */
  firewall: InstanceFirewall;
  /** Events of the instance taken from other processes. */
  'event-post': { readonly uuid: string };
  /** The root file system of a container mounted. */
  'lxc-root': { readonly target: string };
  /** A libvirt secret defined. */
  secret: { readonly uuid: string };
  /** A VIF plugged. */
  vif: { readonly vif: Vif };
  /** The domain defined. */
  domain: { readonly uuid: string };
  /** The domain launched; also of one that was only defined, since it may be started at any time later. */
  launch: { readonly uuid: string };
  /** The domain stopped, which ran before or did not. */
  stop: { readonly uuid: string; readonly ran: boolean };
  /** The domain defined anew; `before` is its XML until then. */
  redefine: { readonly uuid: string; readonly before: string };
  /** A device given to the domain. */
  attach: { readonly uuid: string; readonly device: DeviceXml };
  /** A device taken from the domain. */
  detach: { readonly uuid: string; readonly device: DeviceXml };
  /** Files of the instance replaced and made. */
  files: FileChange;
  /** The same of disks outside of the instance path. */
  'changed-disks': DiskChange;
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
export interface Place extends StoragePlace {
  /** libvirt connection URI. */
  readonly uri: string;
}

/** A guest that is still booting does not let go of a device. */
const DETACH_TIMEOUT_MS = 30_000;

/** libvirt itself tries for a minute to end a domain; who waits for longer waits for a daemon that does not answer. */
const UNDO_TIMEOUT_MS = 180_000;

/** How each kind of act is taken back. */
export function inverses(host: Host, place: Place): Inverses {
  const { uri } = place;
  const parts = partsOf(host);
  const table: TypedInverses = {
    async claim() {
      // It ends with the journal that it stands in.
    },
    async 'instance-path'({ path, before }) {
      await parts.removeInstancePath(confine(path, place), before);
    },
    async disks({ uuid, names }, { signal, childObserver }) {
      const exec = journalledExec(host, { childObserver });
      const { disks } = await parts.openStorage(host, exec, { place, signal });
      for (const name of await doomedDisks(place.instancePath, names)) await disks.remove({ instanceId: uuid, name });
    },
    async owner(file) {
      confine(dirname(file.path), place);
      await giveBack(file);
    },
    async volume({ settings, ...volume }, { signal, childObserver }) {
      const conn = await host.connect({ uri, signal });
      const exec = journalledExec(host, { childObserver });
      await parts.volumes.disconnect(volume, { host, settings, exec, conn, signal });
    },
    async firewall(firewall, { signal, childObserver }) {
      const conn = await host.connect({ uri, signal });
      const exec = journalledExec(host, { childObserver });
      await unfilter(host, firewall, { exec, conn, signal });
    },
    async 'event-post'({ uuid }) {
      await clearEventPost(uuid, { directory: host.paths.events });
    },
    async 'lxc-root'({ target }, { signal, childObserver }) {
      await parts.tearDownLxcRoot({ target, exec: journalledExec(host, { childObserver }), signal });
    },
    async secret({ uuid }, { signal }) {
      await removeSecret(await host.connect({ uri, signal }), uuid, { signal });
    },
    async vif({ vif }, { signal, childObserver }) {
      const conn = await host.connect({ uri, signal });
      const exec = journalledExec(host, { childObserver });
      await parts.unplug(vif, { exec, conn, locksPath: host.paths.locks, log: host.log, signal });
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
    async stop({ uuid, ran }, { signal, childObserver }) {
      if (!ran) return;
      const conn = await host.connect({ uri, signal });
      const exec = journalledExec(host, { childObserver });
      await bringUp({ host, conn, exec, uuid, instancePath: place.instancePath, signal });
    },
    async redefine({ before }, { signal }) {
      await defineDomain(await host.connect({ uri, signal }), before, { signal });
    },
    async attach({ uuid, device }, { signal }) {
      const conn = await host.connect({ uri, signal });
      await detachDevice(conn, uuid, device, { clock: host.clock, timeoutMs: DETACH_TIMEOUT_MS, signal });
    },
    async detach({ uuid, device }, { signal }) {
      await attachDevice(await host.connect({ uri, signal }), uuid, device, { signal });
    },
    async files(change) {
      confine(change.instancePath, place);
      await putBack(change, openImages(host, host.exec, place).files);
    },
    async 'changed-disks'(change, { signal, childObserver }) {
      const exec = journalledExec(host, { childObserver });
      await putDisksBack(change, await parts.openStorage(host, exec, { place, signal }));
    },
  };
  // Each inverse gets back what an act of its kind was journalled with.
  return withDeadlines(host, table as unknown as Inverses);
}

/** An inverse that does not come to an end is a failure like another: it is reported, and the others go on. */
function withDeadlines({ clock }: Host, table: Inverses): Inverses {
  const timed = ([kind, inverse]: [string, Inverses[string]]) => {
    const run: Inverses[string] = (data, options) =>
      withDeadline(`take back "${kind}"`, (signal) => inverse(data, { ...options, signal }), {
        clock,
        timeoutMs: UNDO_TIMEOUT_MS,
        signal: options.signal,
      });
    return [kind, run];
  };
  return Object.fromEntries(Object.entries(table).map(timed)) as Inverses;
}

/** A directory is removed with all that is in it: only the instance's own may be. */
function confine(path: string, { instancePath }: Place): string {
  if (path === instancePath && /^\/.*\/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(path)) return path;
  throw new SpawnerError('RESIDUE', `Refusing to remove "${path}": it is not the directory of the instance`, {
    fix: 'Look what is in it, and remove it by hand.',
    context: { path, instancePath },
  });
}
