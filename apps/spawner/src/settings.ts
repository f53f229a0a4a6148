import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseCpuSet } from '@spawnkit/instance';
import { parse } from 'yaml';
import * as z from 'zod';
import { SpawnerError } from './errors.ts';
import { type FirewallSettings, firewallSettingsOf, firewallSettingsShape } from './firewall/firewall-settings.ts';
import type { SpecPart } from './spec/layers.ts';
import { type VolumeSettings, volumeSettingsOf, volumeSettingsShape } from './volumes/volume-settings.ts';
import { type DiskSettings, diskSettingsOf, diskSettingsShape } from './spawn/storage-settings.ts';

/** Where and how this host spawns. Names follow nova.conf where Nova has the option. */
export interface Settings extends DiskSettings, VolumeSettings, FirewallSettings {
  /** libvirt connection URI. */
  readonly uri: string;
  /** Journals, stored requests, locks: local to the host. */
  readonly statePath: string;
  /** Instance directories and the image cache; QEMU's user must be able to search it. */
  readonly instancesPath: string;
  readonly virtType: 'auto' | 'kvm' | 'qemu' | 'lxc';
  /** MiB of QEMU's translation cache per guest under TCG; QEMU's own default takes up to 1 GiB of host memory. */
  readonly tcgTbCacheMib: number | undefined;
  /** Host CPUs that floating vCPUs share, and those that are given to one vCPU each; neither set: all are both. */
  readonly cpuSharedSet?: readonly number[] | undefined;
  readonly cpuDedicatedSet?: readonly number[] | undefined;
  /** Deadline of a start, from launch to RUNNING, in seconds. */
  readonly startTimeoutS: number;
  /** Deadline of all network-vif-plugged events together, in seconds; 0 awaits none. */
  readonly vifPluggingTimeoutS: number;
  readonly vifPluggingIsFatal: boolean;
  /** What specifications get that leave it open. */
  readonly defaults?: SpecPart | undefined;
  /** The same, for those that name it. */
  readonly profiles?: Readonly<Record<string, SpecPart>> | undefined;
  /** Files with names of images beside the built-in ones. */
  readonly imageCatalogues?: readonly string[] | undefined;
}

export interface SettingsSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  /** From the command line; they win. */
  readonly flags?: Partial<Pick<Settings, 'uri' | 'statePath' | 'instancesPath'>> | undefined;
  /** Instead of the usual configuration file. */
  readonly configFile?: string | undefined;
}

/** `0-3,^2`; one CPU may be a bare number. */
const cpuSet = z.union([z.string(), z.number().int().nonnegative().transform(String)]).transform((text, context) => {
  const cpus = parseCpuSet(text);
  if (cpus) return cpus;
  context.addIssue(`Invalid set of CPUs "${text}": expected numbers and ranges such as "0-3,^2"`);
  return z.NEVER;
});

/** Looked at closely where it meets a specification. */
const specPart = z.record(z.string(), z.unknown());

const fileSchema = z.strictObject({
  uri: z.string().optional(),
  statePath: z.string().startsWith('/').optional(),
  instancesPath: z.string().startsWith('/').optional(),
  virtType: z.enum(['auto', 'kvm', 'qemu', 'lxc']).optional(),
  tcgTbCacheMib: z.number().int().min(1).optional(),
  cpuSharedSet: cpuSet.optional(),
  cpuDedicatedSet: cpuSet.optional(),
  startTimeoutS: z.number().positive().optional(),
  vifPluggingTimeoutS: z.number().nonnegative().optional(),
  vifPluggingIsFatal: z.boolean().optional(),
  defaults: specPart.optional(),
  profiles: z.record(z.string(), specPart).optional(),
  imageCatalogues: z.array(z.string().startsWith('/')).optional(),
  ...diskSettingsShape,
  ...volumeSettingsShape,
  ...firewallSettingsShape,
});

/**
 * Settings by precedence: flags, environment (`SPAWNKIT_URI` or `LIBVIRT_DEFAULT_URI`, `SPAWNKIT_STATE`,
 * `SPAWNKIT_INSTANCES`), configuration file (`SPAWNKIT_CONFIG`, `/etc/spawnkit/spawner.yaml` for root,
 * `~/.config/spawnkit/spawner.yaml` for others), built-in. Throws {@link SpawnerError} `USAGE` for a broken file.
 */
export async function readSettings(source: SettingsSource): Promise<Settings> {
  const { env, flags = {} } = source;
  const file = await readConfigFile(source);
  const builtIn = defaults(source);
  const statePath = flags.statePath ?? env['SPAWNKIT_STATE'] ?? file.statePath ?? builtIn.statePath;
  return {
    uri: flags.uri ?? env['SPAWNKIT_URI'] ?? env['LIBVIRT_DEFAULT_URI'] ?? file.uri ?? builtIn.uri,
    statePath,
    instancesPath:
      flags.instancesPath ?? env['SPAWNKIT_INSTANCES'] ?? file.instancesPath ?? join(statePath, 'instances'),
    virtType: file.virtType ?? 'auto',
    tcgTbCacheMib: file.tcgTbCacheMib,
    cpuSharedSet: file.cpuSharedSet,
    cpuDedicatedSet: file.cpuDedicatedSet,
    startTimeoutS: file.startTimeoutS ?? 120,
    vifPluggingTimeoutS: file.vifPluggingTimeoutS ?? 300,
    vifPluggingIsFatal: file.vifPluggingIsFatal ?? true,
    defaults: file.defaults,
    profiles: file.profiles,
    imageCatalogues: file.imageCatalogues,
    ...diskSettingsOf(file),
    ...volumeSettingsOf(file),
    ...firewallSettingsOf(file),
  };
}

function defaults({ env, uid }: SettingsSource): { uri: string; statePath: string } {
  if (uid === 0) return { uri: 'qemu:///system', statePath: '/var/lib/spawnkit' };
  const state = env['XDG_STATE_HOME'] ?? join(env['HOME'] ?? homedir(), '.local/state');
  return { uri: 'qemu:///session', statePath: join(state, 'spawnkit') };
}

async function readConfigFile({ env, uid, configFile }: SettingsSource): Promise<z.output<typeof fileSchema>> {
  const chosen = configFile ?? env['SPAWNKIT_CONFIG'];
  const config = env['XDG_CONFIG_HOME'] ?? join(env['HOME'] ?? homedir(), '.config');
  const path = chosen ?? (uid === 0 ? '/etc/spawnkit/spawner.yaml' : join(config, 'spawnkit/spawner.yaml'));
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' && !chosen) return undefined;
    throw new SpawnerError('USAGE', `Cannot read the configuration file "${path}": ${cause.message}`, { cause });
  });
  if (text === undefined) return {};
  try {
    return fileSchema.parse(parse(text) ?? {});
  } catch (cause) {
    const what = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new SpawnerError('USAGE', `The configuration file "${path}" is not valid: ${what}`, {
      fix: `Known keys are ${Object.keys(fileSchema.shape).join(', ')}.`,
    });
  }
}
