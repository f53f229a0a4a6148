import { Secret } from '@spawnkit/effects';
import { openVolumes, type VolumeConnector, type Volumes, type VolumesOptions } from '../../src/index.ts';
import { type HostDirectory, hostDirectory } from './host-directory.ts';
import { type MemorySecrets, memorySecrets } from './memory-secrets.ts';

/** A host whose acts are steps of one list; each step can fail once, or abort. */
export interface RecorderHost extends HostDirectory {
  readonly volumes: Volumes;
  readonly secrets: MemorySecrets;
  /** What was asked for, in order: `connect`, `key`, `format`, `attach`, … */
  readonly steps: string[];
  /** What is there now: `connected`, `unlocked`, `formatted`, secrets, holds. */
  snapshot(): Promise<unknown>;
}

export interface RecorderOptions {
  readonly isLuks?: boolean;
  readonly isBlank?: boolean;
  readonly format?: VolumesOptions['format'];
  /** Called with the number and the name of each step, before it has an effect; what it throws, the step throws. */
  readonly onStep?: (count: number, name: string, signal?: AbortSignal) => void | Promise<void>;
}

/** The passphrase of every volume here. */
export const passphrase = 'c0ffee-passphrase';

export async function recorderHost(options: RecorderOptions = {}): Promise<RecorderHost> {
  const directory = await hostDirectory();
  const inner = memorySecrets();
  const steps: string[] = [];
  const world = new Set<string>();
  const step = async (name: string, signal?: AbortSignal) => {
    signal?.throwIfAborted();
    steps.push(name);
    await options.onStep?.(steps.length - 1, name, signal);
  };
  const connector: VolumeConnector = {
    async connect(_, { signal }) {
      await step('connect', signal);
      world.add('connected');
      return { device_path: '/dev/sdq' };
    },
    async disconnect(_, { signal }) {
      await step('disconnect', signal);
      world.delete('connected');
    },
  };
  const volumes = openVolumes({
    connectors: { iscsi: connector, fibre_channel: connector },
    secrets: {
      ...inner,
      async find(use, call = {}) {
        await step('find', call.signal);
        return inner.find(use, call);
      },
      async create(use, value, call = {}) {
        await step('create', call.signal);
        return inner.create(use, value, call);
      },
      async delete(use, call = {}) {
        await step('delete', call.signal);
        return inner.delete(use, call);
      },
    },
    encryptor: {
      async isLuks(_, { signal }) {
        await step('isLuks', signal);
        return options.isLuks ?? true;
      },
      async isBlank(_, { signal }) {
        await step('isBlank', signal);
        return options.isBlank ?? true;
      },
      async format(_, __, { signal }) {
        await step('format', signal);
      },
      async attach(_, key, { signal }) {
        await key();
        await step('attach', signal);
        world.add('unlocked');
        return '/dev/mapper/unlocked';
      },
      async detach(_, { signal }) {
        await step('detach', signal);
        world.delete('unlocked');
      },
    },
    keys: {
      async passphrase(_, { signal } = {}) {
        await step('key', signal);
        return new Secret(passphrase);
      },
    },
    holdsPath: directory.holdsPath,
    locksPath: directory.locksPath,
    ...(options.format && { format: options.format }),
  });
  return {
    ...directory,
    volumes,
    secrets: inner,
    steps,
    snapshot: async () => ({ world: [...world], secrets: [...inner.values], holds: await directory.tree('holds') }),
  };
}
