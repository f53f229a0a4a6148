import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEventWaiter } from '@spawnkit/domain-runtime';
import { checkVif, iptablesFirewall as iptables, nwfilterFirewall as nwfilter, plug, unplug } from '@spawnkit/vif';
import { type Host, openHost } from '../../src/host.ts';
import { requestFromSpec, type SpawnRequest } from '../../src/request/request.ts';
import type { Settings } from '../../src/settings.ts';
import { parseSpec } from '../../src/spec/read-spec.ts';
import { hostVolumes } from '../../src/volumes/volume-parts.ts';
import { faultsOf } from '../recorded/recorded-fault.ts';
import { recordedParts } from '../recorded/recorded-parts.ts';
import { type ModelDaemon, modelDaemon, type ModelDomain, type ModelOptions } from './model-daemon.ts';

/** A host in a temporary directory, on a model of libvirt's daemon. Disks are small files; VIFs are plugged for real. */
export interface ModelHost extends AsyncDisposable {
  /** Of everything; also of the files `passphrase` and `password`. */
  readonly directory: string;
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
  readonly filters: readonly string[];
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
    parts: { ...parts, checkVif, plug, unplug, volumes: hostVolumes, firewalls: { nwfilter, iptables } },
  });
  await writeFile(join(directory, 'passphrase'), 'c4n4ry-passphrase\n', { mode: 0o600 });
  await writeFile(join(directory, 'password'), 'c4n4ry-password\n', { mode: 0o600 });
  return {
    host,
    directory,
    model,
    snapshot: async () => ({
      domain: model.domain,
      secrets: [...model.secrets],
      filters: [...model.filters.keys()],
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

/**
 * A request with a port that is not bound yet and is filtered, a TPM, and two volumes: one with a password, and one that is
 * encrypted. Their secrets lie in the host's directory.
 */
export function modelRequest(directory: string): SpawnRequest {
  const text = `
name: model
image: /images/base
networks: [{ network: default, filter: true }]
volumes:
  - iscsi: { portal: '192.0.2.1:3260', iqn: 'iqn.2026-11.example:disks', user: me, passwordFile: password }
  - { rbd: volumes/web, encryption: { keyFile: passphrase } }
`;
  const request = requestFromSpec({ spec: parseSpec(text), directory });
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
