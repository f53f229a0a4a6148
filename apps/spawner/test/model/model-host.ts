import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEventWaiter } from '@spawnkit/domain-runtime';
import { checkVif, plug, unplug } from '@spawnkit/vif';
import { type Host, openHost } from '../../src/host.ts';
import { requestFromSpec, type SpawnRequest } from '../../src/request/request.ts';
import type { Settings } from '../../src/settings.ts';
import { parseSpec } from '../../src/spec/read-spec.ts';
import { faultsOf } from '../recorded/recorded-fault.ts';
import { recordedParts } from '../recorded/recorded-parts.ts';
import { type ModelDaemon, modelDaemon, type ModelDomain, type ModelOptions } from './model-daemon.ts';

/** A host in a temporary directory, on a model of libvirt's daemon. Disks are small files; VIFs are plugged for real. */
export interface ModelHost extends AsyncDisposable {
  readonly host: Host;
  readonly model: ModelDaemon;
  snapshot(): Promise<ModelSnapshot>;
  /** Closes the connection; what the daemon keeps for it is gone then. */
  disconnect(): Promise<void>;
}

/** Everything that a spawn can leave. */
export interface ModelSnapshot {
  readonly domain: ModelDomain | undefined;
  readonly secrets: readonly string[];
  readonly registrations: readonly unknown[];
  /** Waits for events that are armed. */
  readonly waits: number;
  /** Names of everything in the host's directory. */
  readonly files: readonly string[];
}

export interface ModelHostOptions extends ModelOptions {
  readonly settings?: Partial<Settings>;
}

/** Opens a {@link ModelHost}. */
export async function modelHost({ settings = {}, ...options }: ModelHostOptions = {}): Promise<ModelHost> {
  const directory = await mkdtemp(join(tmpdir(), 'spawnkit-model-'));
  // As every directory on the way to disks.
  await chmod(directory, 0o711);
  const instancesPath = join(directory, 'instances');
  const model = await modelDaemon(options);
  const events = createEventWaiter();
  const input = { vifs: [], volumes: ['v1'] };
  const parts = recordedParts({ input, faults: faultsOf(), step() {}, vifIndex: () => 0, instancesPath });
  const host = openHost({
    settings: {
      ...modelSettings,
      uri: model.fake.uri,
      statePath: join(directory, 'state'),
      instancesPath,
      ...settings,
    },
    events,
    parts: { ...parts, checkVif, plug, unplug },
  });
  return {
    host,
    model,
    snapshot: async () => ({
      domain: model.domain,
      secrets: [...model.secrets],
      registrations: model.fake.registrations,
      waits: events.pending,
      files: (await readdir(directory, { recursive: true })).toSorted(),
    }),
    async disconnect() {
      await host[Symbol.asyncDispose]();
      while (model.fake.clients > 0) await new Promise(setImmediate);
    },
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A request with a port that is not bound yet, and a TPM. */
export function modelRequest(): SpawnRequest {
  const text = 'name: model\nimage: /images/base\nnetworks: [{ network: default }]\n';
  const request = requestFromSpec({ spec: parseSpec(text), directory: '/' });
  const { instance } = request;
  const flavor = { ...instance.flavor, extraSpecs: { 'hw:tpm_version': '2.0' } };
  const networkInfo = request.networkInfo.map((vif) => ({ ...vif, active: false }));
  return { ...request, instance: { ...instance, flavor }, networkInfo };
}

const modelSettings: Omit<Settings, 'uri' | 'statePath' | 'instancesPath'> = {
  imagesType: 'raw',
  virtType: 'qemu',
  tcgTbCacheMib: undefined,
  cpuSharedSet: undefined,
  cpuDedicatedSet: undefined,
  startTimeoutS: 30,
  vifPluggingTimeoutS: 30,
  vifPluggingIsFatal: true,
};
