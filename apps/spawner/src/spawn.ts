import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  defineDomain,
  DomainRuntimeError,
  type DomainWatch,
  type Expectation,
  eventsToExpect,
  launchDomain,
  resumeDomain,
  watchDomain,
} from '@spawnkit/domain-runtime';
import type { Rollback } from '@spawnkit/effects';
import { Domain, parse } from '@spawnkit/guest-config';
import { deviceMetadataOf } from '@spawnkit/guest-designer';
import { plug } from '@spawnkit/vif';
import { act, inverses } from './acts.ts';
import { claimName } from './claim.ts';
import { createConfigDrive } from './config-drive.ts';
import { designInstance, mapInstanceDisks } from './design.ts';
import { makeDisks, sourcesOf } from './disks.ts';
import { type Host, journalledExec } from './host.ts';
import { pullImages } from './images.ts';
import { instancePathOf, makeInstancePath } from './instance-path.ts';
import { preflight, type Ready } from './preflight.ts';
import type { SpawnStep } from './progress.ts';
import type { SpawnRequest } from './request.ts';
import { residue } from './residue.ts';
import { openStorage } from './storage.ts';

export interface SpawnOptions {
  /** Aborting takes back everything that was done. */
  readonly signal?: AbortSignal | undefined;
}

/** An instance that runs. */
export interface SpawnedInstance {
  readonly name: string;
  readonly uuid: string;
  readonly virtType: 'kvm' | 'qemu';
  readonly uri: string;
  readonly instancePath: string;
}

/**
 * Brings an instance to life: answers when its guest runs. Whatever goes wrong, the host is as it was before and the error
 * says why; if that did not succeed either, {@link SpawnerError} `RESIDUE` says what is left. Throws the errors of all
 * packages of this workspace, {@link SpawnerError}, and the signal's reason.
 */
export async function spawn(host: Host, request: SpawnRequest, options: SpawnOptions = {}): Promise<SpawnedInstance> {
  const { signal } = options;
  host.onProgress({ type: 'step', step: 'prepare' });
  const conn = await host.connect({ signal });
  // Both only look, at different things; what preflight finds is reported where the name is let go again.
  const readying = preflight(host, request, { signal });
  readying.catch(() => {});
  await using rollback = await claimName(host, conn, request, { signal });
  try {
    const spawned = await bringToLife({ host, request, ready: await readying, rollback, signal });
    await rollback.commit();
    return spawned;
  } catch (error) {
    throw await takeBack(host, request, rollback, error);
  }
}

interface Spawning {
  readonly host: Host;
  readonly request: SpawnRequest;
  readonly ready: Ready;
  readonly rollback: Rollback;
  readonly signal: AbortSignal | undefined;
}

/** The straight line of a spawn. Each act is in the journal before it happens. */
async function bringToLife({ host, request, ready, rollback, signal }: Spawning): Promise<SpawnedInstance> {
  const { conn, facts } = ready;
  const { instance, name, networkInfo } = request;
  const { uuid } = instance;
  const instancePath = instancePathOf(host.paths, uuid);
  const exec = journalledExec(host, rollback);
  const storage = openStorage(host, exec);
  const step = (one: SpawnStep, detail?: string) =>
    host.onProgress({ type: 'step', step: one, ...(detail === undefined ? {} : { detail }) });

  step('image');
  const images = await pullImages(storage.cache, request, { onProgress: host.onProgress, signal });
  const disks = mapInstanceDisks(request, facts, images.image);

  step('disks');
  await act(rollback, 'instance-path', { path: instancePath }, () => makeInstancePath(instancePath));
  // Under way until the launch needs them: all that comes between only has to know where they will be.
  await using making = makeDisks(storage, { request, images, disks, signal });
  const sources = sourcesOf(storage, request, disks);

  step('design');
  const { xml } = designInstance({ host, request, facts, disks, sources, createdAt: new Date(host.clock.now()) });
  await writeFile(join(instancePath, 'libvirt.xml'), xml, { mode: 0o600 });

  // Armed before anything can cause them.
  const events = eventsToExpect(networkInfo, { ...host.settings, virtType: facts.virtType });
  using expected = host.events.expect(uuid, events);

  for (const vif of networkInfo) {
    step('plug', vif.network.label);
    const context = { exec, conn, locksPath: host.paths.locks, log: host.log, signal };
    await act(rollback, 'vif', { vif }, () => plug(vif, context));
  }

  step('define', name);
  const domain = await act(rollback, 'domain', { uuid }, () => defineDomain(conn, xml, { signal }));

  if (disks.mapping.has('disk.config')) {
    step('config drive');
    const defined = parse(Domain, await domain.xml({ signal }));
    const devices = deviceMetadataOf(defined, { networkInfo });
    await createConfigDrive(request, { path: join(instancePath, 'disk.config'), devices, disks, exec, signal });
  }
  await making.made;

  step('launch', facts.virtType);
  await using watch = await watchDomain(conn, uuid, { clock: host.clock, signal });
  await act(rollback, 'launch', { uuid }, () => launchDomain(domain, { paused: events.length > 0, signal }));

  step('wait');
  if (events.length > 0) {
    await settle(host, watch, expected, signal);
    await resumeDomain(domain, { signal });
  }
  await watch.until('RUNNING', { timeoutMs: host.settings.startTimeoutS * 1000, signal });
  return { name, uuid, virtType: facts.virtType, uri: host.settings.uri, instancePath };
}

/** Waits for the events; when their absence is not fatal, a warning is all that comes of it (Nova's vif_plugging_is_fatal). */
async function settle(
  host: Host,
  watch: DomainWatch,
  expected: Expectation,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { vifPluggingTimeoutS, vifPluggingIsFatal } = host.settings;
  const timeoutMs = vifPluggingTimeoutS * 1000;
  try {
    // A guest that has ended has nothing to wait for.
    await watch.whileAlive((alive) => expected.wait({ timeoutMs, signal: alive }), { signal });
  } catch (error) {
    const tolerable = error instanceof DomainRuntimeError && ['EVENT_TIMEOUT', 'EVENT_FAILED'].includes(error.code);
    if (vifPluggingIsFatal || !tolerable) throw error;
    host.onProgress({ type: 'warning', message: error.message });
  }
}

/** Takes everything back; answers the error to report. Not to be interrupted: half a way back helps nobody. */
async function takeBack(host: Host, request: SpawnRequest, rollback: Rollback, error: unknown): Promise<unknown> {
  const { name, instance } = request;
  const place = { uri: host.settings.uri, instancePath: instancePathOf(host.paths, instance.uuid) };
  host.onProgress({ type: 'step', step: 'undo' });
  try {
    const { failures } = await rollback.undo(inverses(host, place), { log: host.log });
    return failures.length > 0 ? residue(name, failures, error) : error;
  } catch (undoError) {
    return residue(name, [], error, undoError);
  }
}
