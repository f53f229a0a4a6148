import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEventWaiter } from '@spawnkit/domain-runtime';
import { parseBlockDeviceInfo, parseNetworkInfo } from '@spawnkit/instance';
import { destroyInstance } from '../../src/spawn/destroy.ts';
import { type Host, openHost } from '../../src/host.ts';
import { requestFromSpec, type SpawnRequest } from '../../src/request/request.ts';
import type { Settings } from '../../src/settings.ts';
import { spawn } from '../../src/spawn/spawn.ts';
import { parseSpec } from '../../src/spec/read-spec.ts';
import { recordedDaemon, type RecordedDaemon } from './recorded-daemon.ts';
import { faultsOf, InjectedError } from './recorded-fault.ts';
import { recordedParts } from './recorded-parts.ts';
import type { DomainAfter, RecordedEvent, RecordedStep, SpawnCase, SpawnInput } from './recorded-spawn-case.ts';

/** The recording waited in seconds; this is enough here. */
const TIME_SCALE = 0.2;

/** What became of a spawn, or of a destroy. */
export interface PhaseOutcome {
  readonly steps: readonly RecordedStep[];
  /** Undefined: it succeeded. */
  readonly error: unknown;
  readonly domainAfter: DomainAfter;
  readonly waitsLeft: number;
  readonly secretsLeft: number;
  /** Names in the instance path; undefined when there is none. */
  readonly filesLeft: readonly string[] | undefined;
}

export interface SpawnOutcome {
  readonly spawn: PhaseOutcome;
  /** Undefined when there was nothing to destroy. */
  readonly destroy: PhaseOutcome | undefined;
}

/** Lets the app's own `spawn` and `destroyInstance` play a case, with a model of libvirt's daemon and recorders around it. */
export async function runSpawnCase({ input }: SpawnCase): Promise<SpawnOutcome> {
  const directory = await mkdtemp(join(tmpdir(), 'spawnkit-spawn-case-'));
  // As every directory on the way to disks.
  await chmod(directory, 0o711);
  try {
    return await play(input, directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function play(input: SpawnInput, directory: string): Promise<SpawnOutcome> {
  const request = requestOf(input);
  const { uuid } = request.instance;
  const instancePath = join(directory, 'instances', uuid);
  const events = createEventWaiter();
  const steps: RecordedStep[] = [];
  const timers: NodeJS.Timeout[] = [];

  const deliver = ({ vif, status = 'completed', name = 'network-vif-plugged' }: RecordedEvent) => {
    const tag = typeof vif === 'number' ? request.networkInfo[vif]?.id : vif;
    const awaited = events.deliver({ instanceUuid: uuid, name, tag, status });
    steps.push({ external_event: { vif, status, had_a_waiter: awaited } });
  };
  const step = (recorded: RecordedStep) => {
    steps.push(recorded);
    const name = typeof recorded === 'string' ? recorded : Object.keys(recorded)[0];
    for (const event of input.events ?? []) if (event.when === `at:${name}`) deliver(event);
  };
  /** Once the domain has started and all that belongs to that is done, however busy the machine is. */
  const deliverLater = () => {
    for (const event of (input.events ?? []).filter(({ when }) => when === 'later'))
      timers.push(setTimeout(deliver, (event.delay ?? 0.05) * 1000 * TIME_SCALE, event));
  };
  const faults = faultsOf(input.faults);
  await using daemon = await recordedDaemon({ input, faults, step });
  const vifIndex = (id: string) => request.networkInfo.findIndex((vif) => vif.id === id);
  await using host = openHost({
    settings: settingsOf(input, directory, daemon),
    events,
    parts: recordedParts({ input, faults, step, vifIndex, instancesPath: join(directory, 'instances') }),
    onProgress(event) {
      if (event.type !== 'step') return;
      if (event.step === 'wait') deliverLater();
      if (event.step !== 'commit') return;
      // Where Nova keeps what the image implied, we keep that the instance is whole.
      const raised = faults.of('register_image_defaults');
      if (raised !== undefined) throw new InjectedError(raised);
    },
  });
  if (input.shutting_down) events.close();
  if (input.created_instance_dir === false) {
    await mkdir(instancePath, { recursive: true });
    await writeFile(join(instancePath, 'old'), '');
  }

  const phase = async (run: () => Promise<unknown>): Promise<PhaseOutcome> => {
    const error = await run().then(
      () => undefined,
      (reason: unknown) => reason ?? new Error('rejected with nothing'),
    );
    return {
      steps: steps.splice(0),
      error,
      domainAfter: daemon.domainAfter,
      waitsLeft: events.pending,
      secretsLeft: daemon.secretsLeft,
      filesLeft: await readdir(instancePath).catch(() => undefined),
    };
  };
  try {
    const spawned = await phase(() => spawn(host, request, { powerOn: input.power_on ?? true }));
    const mayDestroy = input.then_destroy === true && spawned.error === undefined;
    return {
      spawn: spawned,
      destroy: mayDestroy ? await phase(() => destroyed(host, request, instancePath)) : undefined,
    };
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}

async function destroyed(host: Host, { name, instance }: SpawnRequest, instancePath: string): Promise<void> {
  await destroyInstance(host, { name, uuid: instance.uuid, uri: host.settings.uri, instancePath });
}

function requestOf(input: SpawnInput): SpawnRequest {
  const request = requestFromSpec({ spec: parseSpec('name: recorded\nimage: /images/base\n'), directory: '/' });
  const vifs = input.vifs.map(({ active = false, type = 'bridge', vnic_type = 'normal' }, index) => ({
    id: `port-${index}`,
    address: `fa:16:3e:00:00:0${index}`,
    network: { bridge: 'br0', label: 'net' },
    type,
    vnic_type,
    ...(active === null ? {} : { active }),
  }));
  const volumes = (input.volumes ?? []).map((volume, index) => ({
    mount_device: `/dev/vd${String.fromCharCode('b'.charCodeAt(0) + index)}`,
    connection_info: { driver_volume_type: 'fake', volume_id: volume, data: {} },
  }));
  const { instance } = request;
  const flavor = { ...instance.flavor, extraSpecs: input.vtpm ? { 'hw:tpm_version': '2.0' } : {} };
  return {
    ...request,
    instance: { ...instance, flavor },
    networkInfo: parseNetworkInfo(vifs),
    blockDeviceInfo: parseBlockDeviceInfo({ block_device_mapping: volumes }),
  };
}

function settingsOf(
  { config = {}, give_up_after, events = [] }: SpawnInput,
  directory: string,
  daemon: RecordedDaemon,
): Settings {
  const timeoutS = Number(config['vif_plugging_timeout'] ?? 300);
  // Where something is to come in time, a busy machine gets more of it.
  const scale = events.length > 0 ? 1 : TIME_SCALE;
  return {
    uri: daemon.uri,
    statePath: join(directory, 'state'),
    instancesPath: join(directory, 'instances'),
    imagesType: 'raw',
    virtType: config['libvirt.virt_type'] === 'lxc' ? 'lxc' : 'qemu',
    tcgTbCacheMib: undefined,
    cpuSharedSet: undefined,
    cpuDedicatedSet: undefined,
    startTimeoutS: give_up_after === undefined ? 30 : give_up_after / 2,
    vifPluggingTimeoutS: timeoutS * scale,
    vifPluggingIsFatal: config['vif_plugging_is_fatal'] !== false,
  };
}
