import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  defineDomain,
  eventsToExpect,
  launchDomain,
  resumeDomain,
  watchDomain,
  withDeadline,
} from '@spawnkit/domain-runtime';
import type { Rollback } from '@spawnkit/effects';
import { Domain, parse } from '@spawnkit/guest-config';
import { deviceMetadataOf } from '@spawnkit/guest-designer';
import { act, inverses } from './acts.ts';
import { awaitEvents, expectEvents } from './await-events.ts';
import { claimName } from './claim-name.ts';
import { claimResources } from '../claims/claim-resources.ts';
import { designInstance, mapInstanceDisks } from './design.ts';
import { disksToClaim, makeDisks, sourcesOf } from './disks.ts';
import { forwardPorts } from './forward-ports.ts';
import { type Host, journalledExec } from '../host.ts';
import type { SpawnerFacts } from '../host-facts.ts';
import { pullImages } from './images.ts';
import { takeInstanceEvents } from '../events/instance-events.ts';
import { instancePathOf, makeInstancePath, namesIn } from '../instance/instance-path.ts';
import { mountLxcRoot, releaseLxcRootOf } from './lxc.ts';
import { withNamedImage } from '../request/named-image.ts';
import { partsOf } from './parts.ts';
import { preflight, type Ready } from './preflight.ts';
import type { SpawnStep } from '../progress.ts';
import type { SpawnRequest } from '../request/request.ts';
import { residue } from './residue.ts';
import { withFoundFormat, writeStoredRequest } from '../request/stored-request.ts';
import { connectVolumes } from './volumes.ts';
import { giveVtpmSecret, withVtpm } from './vtpm.ts';
import { takeVtpmSecret } from './vtpm-secret.ts';

export interface SpawnOptions {
  /** Aborting takes back everything that was done. */
  readonly signal?: AbortSignal | undefined;
  /** False: the instance is defined, complete, and not started. Default true. */
  readonly powerOn?: boolean | undefined;
}

/** An instance that runs, or is ready to be started. */
export interface SpawnedInstance {
  readonly name: string;
  readonly uuid: string;
  readonly virtType: SpawnerFacts['virtType'];
  readonly uri: string;
  readonly instancePath: string;
}

/**
 * Brings an instance to life: answers when its guest runs, or is defined where `powerOn` is false. Whatever goes wrong,
 * the host is as it was before and the error says why; if that did not succeed either, {@link SpawnerError} `RESIDUE`
 * says what is left. Throws the errors of all packages of this workspace, {@link SpawnerError}, and the signal's
 * reason.
 */
export async function spawn(host: Host, wanted: SpawnRequest, options: SpawnOptions = {}): Promise<SpawnedInstance> {
  const { signal, powerOn = true } = options;
  host.onProgress({ type: 'step', step: 'prepare' });
  const request = await withNamedImage(host, wanted, { signal });
  const conn = await host.connect({ signal });
  // Both only look, at different things; what preflight finds is reported where the name is let go again.
  const readying = answered(host, 'say what the host is like', signal, (signal) =>
    preflight(host, request, { signal }),
  );
  readying.catch(() => {});
  await using rollback = await answered(host, 'look for the domain', signal, (signal) =>
    claimName(host, conn, request, { signal }),
  );
  try {
    const spawned = await bringToLife({ host, request, ready: await readying, rollback, powerOn, signal });
    host.onProgress({ type: 'step', step: 'commit' });
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
  readonly powerOn: boolean;
  readonly signal: AbortSignal | undefined;
}

/** The straight line of a spawn. Each act is in the journal before it happens. */
async function bringToLife(spawning: Spawning): Promise<SpawnedInstance> {
  const { host, ready, rollback, powerOn, signal } = spawning;
  const { conn, facts } = ready;
  const claimed = await claimResources(host, spawning.request, rollback, { conn, facts, signal });
  const { instance, name, networkInfo } = claimed;
  const { uuid } = instance;
  const instancePath = instancePathOf(host.paths, uuid);
  const consoleLogPath = join(instancePath, 'console.log');
  const exec = journalledExec(host, rollback);
  const parts = partsOf(host);
  const storage = parts.openStorage(host, exec);
  const timeoutMs = host.settings.startTimeoutS * 1000;
  const inTime = <T>(what: string, run: (signal: AbortSignal) => Promise<T>) => answered(host, what, signal, run);
  const step = (one: SpawnStep, detail?: string) =>
    host.onProgress({ type: 'step', step: one, ...(detail === undefined ? {} : { detail }) });

  step('image');
  const images = await pullImages(storage.cache, claimed, { onProgress: host.onProgress, signal });
  const disks = mapInstanceDisks(claimed, facts, images.image);

  step('disks');
  const before = await namesIn(instancePath);
  const place = { path: instancePath, ...(before && { before }) };
  await act(rollback, 'instance-path', place, () => makeInstancePath(instancePath));
  const request = await withVtpm(claimed, instancePath);
  const claims = await disksToClaim(storage, request, disks);
  if (claims.length > 0) await act(rollback, 'disks', { uuid, names: claims }, async () => {});
  // Under way until the launch needs them: all that comes between only has to know where they will be.
  await using making = makeDisks(storage, { request, images, disks, signal });
  await parts.ensureConsoleLog(consoleLogPath);
  const volumes = await connectVolumes({ host, rollback, disks, exec, conn, signal });
  const sources = sourcesOf(storage, request, disks, volumes);

  step('design');
  const { xml } = designInstance({ host, request, facts, disks, sources, createdAt: new Date(host.clock.now()) });
  await writeFile(join(instancePath, 'libvirt.xml'), xml, { mode: 0o600 });
  await writeStoredRequest(instancePath, withFoundFormat(request, images.image));

  // Armed before anything can cause them.
  const events = eventsToExpect(networkInfo, { ...host.settings, virtType: facts.virtType, powerOn });
  using expected = expectEvents(host, uuid, events);
  await using _others = expected && (await takeInstanceEvents(host, rollback, uuid, { signal }));

  for (const vif of networkInfo) {
    step('plug', vif.network.label);
    const context = { exec, conn, locksPath: host.paths.locks, log: host.log };
    await act(rollback, 'vif', { vif }, () =>
      inTime('plug a VIF', (signal) => parts.plug(vif, { ...context, signal })),
    );
  }

  if (facts.virtType === 'lxc') await making.made;
  const lxc = { host, facts, instancePath, exec, rollback, signal };
  await mountLxcRoot(lxc);

  step('define', name);
  await inTime('take a secret', (signal) => giveVtpmSecret({ request, conn, signal }, { instancePath, rollback }));
  const call = { clock: host.clock, timeoutMs, signal };
  const domain = await act(rollback, 'domain', { uuid }, () => defineDomain(conn, xml, call));

  if (disks.mapping.has('disk.config')) {
    step('config drive');
    const defined = parse(Domain, await inTime('show the domain', (signal) => domain.xml({ signal })));
    const devices = deviceMetadataOf(defined, { networkInfo });
    await parts.createConfigDrive(request, { path: join(instancePath, 'disk.config'), devices, disks, exec, signal });
  }
  await making.made;

  const spawned = { name, uuid, virtType: facts.virtType, uri: host.settings.uri, instancePath };
  if (!powerOn) {
    // Whoever deletes it has to end what somebody starts later.
    await act(rollback, 'launch', { uuid }, async () => {});
    await inTime('forget a secret', (signal) => takeVtpmSecret({ request, conn, signal }));
    return spawned;
  }
  step('launch', facts.virtType);
  await using watch = await inTime('take a subscription to events', (signal) =>
    watchDomain(conn, uuid, { clock: host.clock, consoleLogPath, signal }),
  );
  await act(rollback, 'launch', { uuid }, () => launchDomain(domain, { ...call, paused: events.length > 0 }));
  await inTime('forget a secret', (signal) => takeVtpmSecret({ request, conn, signal }));
  await forwardPorts(conn, domain, request, { signal });

  step('wait');
  if (events.length > 0) {
    if (expected) await awaitEvents(host, expected, { watch, signal });
    await inTime('resume the domain', (signal) => resumeDomain(domain, { signal }));
  }
  await watch.until('RUNNING', { timeoutMs, signal });
  await releaseLxcRootOf(lxc);
  return spawned;
}

/** What `run` answers, if that does not take longer than a start may. */
async function answered<T>(
  { settings, clock }: Host,
  what: string,
  signal: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return withDeadline(what, run, { clock, timeoutMs: settings.startTimeoutS * 1000, signal });
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
