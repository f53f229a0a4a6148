import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InstanceDiskInfo } from '@spawnkit/blockinfo';
import {
  defineDomain,
  eventsToExpect,
  type Expectation,
  type ExpectedEvent,
  launchDomain,
  resumeDomain,
  watchDomain,
} from '@spawnkit/domain-runtime';
import type { Rollback } from '@spawnkit/effects';
import { Domain as DomainXml, parse } from '@spawnkit/guest-config';
import { deviceMetadataOf } from '@spawnkit/guest-designer';
import type { Domain } from '@spawnkit/libvirt';
import { claimResources } from '../claims/claim-resources.ts';
import { takeInstanceEvents } from '../events/instance-events.ts';
import { filter, withFirewall } from '../firewall/instance-firewall.ts';
import type { Host } from '../host.ts';
import type { SpawnerFacts } from '../host-facts.ts';
import { instancePathOf, makeInstancePath, namesIn } from '../instance/instance-path.ts';
import { withNamedImage } from '../request/named-image.ts';
import type { SpawnRequest } from '../request/request.ts';
import { withFoundFormat, writeStoredRequest } from '../request/stored-request.ts';
import { withNeededImage, withVolumeNames } from '../volumes/wanted-volumes.ts';
import { act, inverses } from './acts.ts';
import { afterLaunch } from './after-launch.ts';
import { awaitEvents, expectEvents } from './await-events.ts';
import { claimName } from './claim-name.ts';
import { designInstance, mapInstanceDisks } from './design.ts';
import { disksToClaim, makeDisks, sourcesOf } from './disks.ts';
import { pullImages, type RequestImages } from './images.ts';
import { injectSeed } from './inject-seed.ts';
import { mountLxcRoot, releaseLxcRootOf } from './lxc.ts';
import { foreignFiles, takeOver } from './own-files.ts';
import { preflight } from './preflight.ts';
import { residue } from './residue.ts';
import { answered, openSpawn, type SpawnContext, type Spawning } from './spawn-context.ts';
import { storeConfigDrive } from './store-drive.ts';
import { vifOwnerOf } from './vif-owner.ts';
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

/** The straight line of a spawn. Each act is in the journal before it happens. */
async function bringToLife(spawning: Spawning): Promise<SpawnedInstance> {
  const { host, ready, rollback, powerOn, signal } = spawning;
  const { facts } = ready;
  const wanted = withFirewall(spawning.request, host.settings);
  const claimed = await claimResources(host, wanted, rollback, { ...ready, signal });
  const context = await openSpawn(spawning);
  const { uuid, instancePath, storage, exec } = context;

  const images = await fetchImages(context, claimed);
  const disks = mapInstanceDisks(claimed, facts, images.image);
  const request = await makePlace(context, claimed, disks);
  // Under way until the launch needs them: all that comes between only has to know where they will be.
  await using making = makeDisks(storage, { request, images, disks, signal });
  const { xml, sources } = await designGuest(context, { request, images, disks });

  // Armed before anything can cause them.
  const events = eventsToExpect(request.networkInfo, { ...host.settings, virtType: facts.virtType, powerOn });
  using expected = expectEvents(host, uuid, events);
  await using _others = expected && (await takeInstanceEvents(host, rollback, uuid, { signal }));

  await plugVifs(context, request);
  await filterTraffic(context, request);
  if (facts.virtType === 'lxc') await making.made;
  await mountLxcRoot(context);
  const domain = await define(context, request, xml);
  await buildConfigDrive(context, { request, disks, domain });
  await making.made;
  const root = disks.mapping.has('disk') ? sources.disks.get('disk') : undefined;
  await injectSeed(host, request, { root, instancePath, virtType: facts.virtType, exec, signal });

  if (powerOn) await launch(context, { request, domain, events, expected });
  else await leaveStopped(context, request);
  return { name: request.name, uuid, virtType: facts.virtType, uri: host.settings.uri, instancePath };
}

async function fetchImages({ host, storage, step, signal }: SpawnContext, request: SpawnRequest) {
  step('image');
  return pullImages(storage, withNeededImage(request), { onProgress: host.onProgress, signal });
}

/** Makes the instance path, and claims what of the disks lies elsewhere; answers the request with what it then has. */
async function makePlace(
  { rollback, uuid, instancePath, storage, step }: SpawnContext,
  claimed: SpawnRequest,
  disks: InstanceDiskInfo,
): Promise<SpawnRequest> {
  step('disks');
  const before = await namesIn(instancePath);
  const place = { path: instancePath, ...(before && { before }) };
  await act(rollback, 'instance-path', place, () => makeInstancePath(instancePath));
  for (const file of await foreignFiles(instancePath)) await act(rollback, 'owner', file, () => takeOver(file));
  const request = withVolumeNames(await withVtpm(claimed, instancePath), disks);
  const claims = await disksToClaim(storage, request, disks);
  // Also where there are none yet: a rescue or an attached disk may come.
  const { inInstancePath } = storage.disks.capabilities;
  if (!inInstancePath) await act(rollback, 'disks', { uuid, names: claims }, async () => {});
  return request;
}

interface Design {
  readonly request: SpawnRequest;
  readonly images: RequestImages;
  readonly disks: InstanceDiskInfo;
}

/** Connects the volumes, and decides the guest; both are kept beside its disks. */
async function designGuest(context: SpawnContext, { request, images, disks }: Design) {
  const { host, facts, instancePath, storage, parts, step } = context;
  await parts.ensureConsoleLog(context.consoleLogPath);
  const volumes = await connectVolumes({ ...context, virtType: facts.virtType, request, disks });
  const sources = sourcesOf(storage, request, disks, volumes);
  step('design');
  const { xml } = designInstance({ host, request, facts, disks, sources, createdAt: new Date(host.clock.now()) });
  await writeFile(join(instancePath, 'libvirt.xml'), xml, { mode: 0o600 });
  await writeStoredRequest(instancePath, withFoundFormat(request, images.image));
  return { xml, sources };
}

async function plugVifs({ host, rollback, conn, exec, parts, step, inTime }: SpawnContext, request: SpawnRequest) {
  const context = { exec, conn, locksPath: host.paths.locks, log: host.log, owner: vifOwnerOf(request) };
  for (const vif of request.networkInfo) {
    step('plug', vif.network.label);
    await act(rollback, 'vif', { vif }, () =>
      inTime('plug a VIF', (signal) => parts.plug(vif, { ...context, signal })),
    );
  }
}

async function filterTraffic(context: SpawnContext, { firewall }: SpawnRequest): Promise<void> {
  const { host, rollback, conn, exec, step, inTime } = context;
  if (!firewall) return;
  step('filter', firewall.driver);
  await act(rollback, 'firewall', firewall, () =>
    inTime('filter the traffic', (signal) => filter(host, firewall, { conn, exec, signal })),
  );
}

async function define(context: SpawnContext, request: SpawnRequest, xml: string): Promise<Domain> {
  const { host, rollback, conn, uuid, instancePath, signal, step, inTime } = context;
  step('define', request.name);
  await inTime('take a secret', (signal) => giveVtpmSecret({ request, conn, signal }, { instancePath, rollback }));
  return act(rollback, 'domain', { uuid }, () => defineDomain(conn, xml, callOf(host, signal)));
}

interface Drive {
  readonly request: SpawnRequest;
  readonly disks: InstanceDiskInfo;
  readonly domain: Domain;
}

/** After the definition, so that it may describe the guest's devices. */
async function buildConfigDrive(context: SpawnContext, { request, disks, domain }: Drive): Promise<void> {
  if (!disks.mapping.has('disk.config')) return;
  const { instancePath, storage, exec, parts, signal, step, inTime } = context;
  step('config drive');
  const defined = parse(DomainXml, await inTime('show the domain', (signal) => domain.xml({ signal })));
  const devices = deviceMetadataOf(defined, request);
  await parts.createConfigDrive(request, { path: join(instancePath, 'disk.config'), devices, disks, exec, signal });
  await storeConfigDrive(storage, { instancePath, signal });
}

interface Launch {
  readonly request: SpawnRequest;
  readonly domain: Domain;
  readonly events: readonly ExpectedEvent[];
  readonly expected: Expectation | undefined;
}

/** Starts the guest, paused while events are awaited, and waits until it runs. */
async function launch(context: SpawnContext, { request, domain, events, expected }: Launch): Promise<void> {
  const { host, rollback, conn, facts, uuid, exec, consoleLogPath, signal, step, inTime } = context;
  step('launch', facts.virtType);
  await using watch = await inTime('take a subscription to events', (signal) =>
    watchDomain(conn, uuid, { clock: host.clock, consoleLogPath, signal }),
  );
  const call = callOf(host, signal);
  await act(rollback, 'launch', { uuid }, () => launchDomain(domain, { ...call, paused: events.length > 0 }));
  await inTime('forget a secret', (signal) => takeVtpmSecret({ request, conn, signal }));
  await afterLaunch(host, domain, request, { conn, exec, signal });

  step('wait');
  if (events.length > 0) {
    if (expected) await awaitEvents(host, expected, { watch, signal });
    await inTime('resume the domain', (signal) => resumeDomain(domain, { signal }));
  }
  await watch.until('RUNNING', { timeoutMs: call.timeoutMs, signal });
  await releaseLxcRootOf(context);
}

/** Whoever deletes it has to end what somebody starts later. */
async function leaveStopped({ rollback, conn, uuid, inTime }: SpawnContext, request: SpawnRequest): Promise<void> {
  await act(rollback, 'launch', { uuid }, async () => {});
  await inTime('forget a secret', (signal) => takeVtpmSecret({ request, conn, signal }));
}

function callOf({ clock, settings }: Host, signal: AbortSignal | undefined) {
  return { clock, timeoutMs: settings.startTimeoutS * 1000, signal };
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
