import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EffectsError } from '@spawnkit/effects';
import { build, Disk } from '@spawnkit/guest-config';
import { type ConnectionInfo, InstanceError, parseBlockDeviceInfo } from '@spawnkit/instance';
import { openHolds } from '../../src/connect/holds.ts';
import {
  type ConnectedVolume,
  openVolumes,
  sealSecrets,
  volumeDisk,
  VolumeError,
  volumeKeyOf,
  type Volumes,
} from '../../src/index.ts';
import { type Constants, type Json, phasesOf, type Step, type VolumeCase } from './recorded-case.ts';
import { recordedConfig, recordedConnectors } from './recorded-config.ts';
import { encryptionIn, revealed, unlike } from './recorded-forms.ts';
import { RecordedFault, recordedHost, type RecordedHost } from './recorded-host.ts';

/** What our code did in one phase. */
export interface PhaseOutcome {
  readonly steps: readonly Step[];
  /** The recording's name of the error, or our code where the recording has no such error. */
  readonly error?: string;
  readonly xml?: string;
  readonly data?: Json;
}

export interface VolumeOutcome {
  readonly phases: Readonly<Record<string, PhaseOutcome>>;
  readonly secretsLeft: readonly string[];
  readonly mountsLeft: readonly string[];
}

/** Runs a recorded case through the package, with recorders in the place of the host. */
export async function runVolumeCase(one: VolumeCase, constants: Constants): Promise<VolumeOutcome> {
  const directory = await mkdtemp(join(tmpdir(), 'spawnkit-volume-'));
  try {
    const base = join(directory, 'mnt');
    const host = recordedHost(one.input, constants, base);
    const run = new Run(one, constants, host, directory);
    await run.holdByOthers();
    const phases: Record<string, PhaseOutcome> = {};
    for (const name of phasesOf(one)) {
      const from = host.steps.length;
      const outcome = await run.phase(name);
      host.look();
      phases[name] = { ...outcome, steps: host.steps.slice(from) };
    }
    return { phases, secretsLeft: host.secretsLeft(), mountsLeft: host.mountsLeft() };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** One case under way: what is connected, by its holder. */
class Run {
  readonly #one: VolumeCase;
  readonly #constants: Constants;
  readonly #host: RecordedHost;
  readonly #directory: string;
  readonly #connected = new Map<string, ConnectedVolume>();

  constructor(one: VolumeCase, constants: Constants, host: RecordedHost, directory: string) {
    this.#one = one;
    this.#constants = constants;
    this.#host = host;
    this.#directory = directory;
  }

  /** Guests that have the volume already, as the recording says. */
  async holdByOthers(): Promise<void> {
    const { volume_attached_to: attached = [], instances_on_host: here = [] } = this.#one.input;
    const others = attached.filter((uuid) => here.includes(uuid) && uuid !== this.#constants.instance_uuid);
    const holds = openHolds(join(this.#directory, 'holds'));
    for (const uuid of others) await holds.add(volumeKeyOf(this.#connectionInfo()), uuid);
  }

  async phase(name: string): Promise<Omit<PhaseOutcome, 'steps'>> {
    try {
      if (name.startsWith('connect')) return await this.#connect(holderOf(name, this.#constants));
      if (name.startsWith('config')) return await this.#disk(holderOf(name, this.#constants));
      await this.#disconnect(holderOf(name, this.#constants));
      return {};
    } catch (error) {
      return { error: errorName(error) };
    }
  }

  async #connect(holder: string): Promise<Omit<PhaseOutcome, 'steps'>> {
    const { encryption } = this.#one.input;
    const connected = await this.#volumes().connect({
      // Nova keeps what it found in the connection info itself.
      connectionInfo: this.#connected.get(holder.split('.')[0] ?? '')?.connectionInfo ?? this.#connectionInfo(),
      holder,
      encryption: encryptionIn(encryption),
    });
    this.#connected.set(holder, connected);
    const data = JSON.parse(unlike(JSON.stringify(revealed(connected.connectionInfo.data)), this.#base)) as Json;
    return { data };
  }

  async #disk(holder: string): Promise<Omit<PhaseOutcome, 'steps'>> {
    const { disk_info: place = { bus: 'virtio', dev: 'vdb', type: 'disk' }, sev = false } = this.#one.input;
    const connected = this.#connected.get(holder) ?? { connectionInfo: this.#connectionInfo(), holder };
    this.#volumes().check(connected.connectionInfo);
    const options = { config: recordedConfig(this.#one.input, this.#base), iommu: sev };
    const type = (['disk', 'cdrom', 'floppy', 'lun'] as const).find((known) => known === place.type) ?? 'disk';
    return { xml: unlike(build(Disk, volumeDisk(connected, { ...place, type }, options)), this.#base) };
  }

  async #disconnect(holder: string): Promise<void> {
    const { encryption, destroy_secrets: destroySecrets, force } = this.#one.input;
    await this.#volumes().disconnect({
      connectionInfo: this.#connected.get(holder)?.connectionInfo ?? this.#connectionInfo(),
      holder,
      encryption: encryptionIn(encryption),
      destroySecrets,
      force,
    });
  }

  #volumes(): Volumes {
    return openVolumes({
      connectors: recordedConnectors(this.#one.input, this.#host, { base: this.#base, directory: this.#directory }),
      secrets: this.#host.secrets,
      encryptor: this.#host.encryptor,
      keys: this.#host.keys,
      encryptionOf: this.#host.encryptionOf,
      holdsPath: join(this.#directory, 'holds'),
      locksPath: join(this.#directory, 'locks'),
    });
  }

  #connectionInfo(): ConnectionInfo {
    const { connection_info: recorded } = this.#one.input;
    const { blockDeviceMapping } = parseBlockDeviceInfo({ block_device_mapping: [{ connection_info: recorded }] });
    const connectionInfo = blockDeviceMapping[0]?.connectionInfo;
    if (!connectionInfo) throw new Error('The recording has no connection info');
    return sealSecrets(connectionInfo);
  }

  get #base(): string {
    return join(this.#directory, 'mnt');
  }
}

/** `connect2` is the second instance; `connect_again` is a second attachment of the first one. */
function holderOf(phase: string, { instance_uuid: first, second_instance_uuid: second }: Constants): string {
  const uuid = /2(?:_again)*$/.test(phase) ? second : first;
  const again = phase.split('_again').length - 1;
  return phase.startsWith('config') || again === 0 ? uuid : `${uuid}.${again}`;
}

/** Our errors by the recording's names. */
function errorName(error: unknown): string {
  if (error instanceof RecordedFault) return error.message;
  if (error instanceof InstanceError) return 'VolumeDriverNotFound';
  if (error instanceof EffectsError) return 'ProcessExecutionError';
  if (!(error instanceof VolumeError)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (error.cause instanceof EffectsError) return 'ProcessExecutionError';
  if (error.code !== 'INVALID_CONNECTION_INFO') return names[error.code] ?? error.code;
  return error.context['field'] === 'access_mode' ? 'InvalidVolumeAccessMode' : 'KeyError';
}

const names: Readonly<Record<string, string>> = {
  VOLUME_TYPE_UNKNOWN: 'VolumeDriverNotFound',
  CONNECTOR_MISSING: 'VolumeDriverNotSupported',
  INVALID_OPTION: 'InternalError',
  DEVICE_NOT_FOUND: 'VolumeDeviceNotFound',
};
