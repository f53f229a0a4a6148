import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import {
  ConfigDriveError,
  configDriveFiles,
  configDriveRequired,
  ec2IpInfo,
  injectedNetworkTemplate,
  networkData,
  readVendorDataFile,
  vifsTrusted,
  vifsWithVlan,
} from '../../packages/configdrive/src/index.ts';
import { parseNetworkInfo } from '../../packages/instance/src/index.ts';
import {
  type MetadataCase,
  recordedForm,
  requestOf,
  vendorDataFileOf,
} from '../../packages/configdrive/test/recorded-metadata.ts';
import { type CaseVerdict, firstDifference, report, type Verdict } from './report.ts';

const ownVectors = join(import.meta.dirname, '../../packages/configdrive/test/vectors/configdrive');

interface NetworkCase {
  readonly id: string;
  readonly input: { readonly network_info: unknown };
  readonly expected: unknown;
}

interface RequiredCase {
  readonly id: string;
  readonly input: {
    readonly 'instance.config_drive': string | null;
    readonly force_config_drive: boolean;
    readonly launched_at_set: boolean;
    readonly img_config_drive: string | null;
  };
  readonly expected: { readonly required: boolean };
}

/** The recorded cases of the config drive: layout, network data, drives and the decision. */
export async function run(args: readonly string[]): Promise<number> {
  const at = args.indexOf('--dir');
  return report(verdicts(at < 0 ? ownVectors : (args[at + 1] ?? ownVectors)));
}

async function* verdicts(directory: string): AsyncIterable<CaseVerdict> {
  for (const one of await cases<MetadataCase>(directory, 'metadata')) {
    yield { id: one.id, verdict: await metadataVerdict(one) };
  }
  for (const one of await cases<NetworkCase>(directory, 'network_data')) {
    yield { id: one.id, verdict: compared(one.expected, networkFacts(one.input.network_info)) };
  }
  for (const one of await cases<RequiredCase>(directory, 'required_by')) {
    yield { id: one.id, verdict: compared(one.expected.required, required(one)) };
  }
}

async function cases<Case>(directory: string, name: string): Promise<readonly Case[]> {
  const text = await readFile(join(directory, `${name}.json`), 'utf8');
  return (JSON.parse(text) as { cases: readonly Case[] }).cases;
}

async function metadataVerdict(one: MetadataCase): Promise<Verdict> {
  const ours = await metadataOutcome(one);
  if ('error' in one.expected) {
    const expected = one.expected.error === 'InvalidMetadataPath' ? 'VENDOR_DATA_MISSING' : 'VENDOR_DATA_UNREADABLE';
    return compared({ error: expected }, ours);
  }
  if ('error' in ours) return { status: 'failed', difference: `expected files, got the error ${ours.error}` };
  const expected = one.expected.files;
  const actual = ours.files.map((file, index) => {
    const recorded = expected[index];
    return recorded ? recordedForm(file, recorded.kind, recorded.text !== undefined) : { path: file.path };
  });
  return compared(expected, actual);
}

async function metadataOutcome(one: MetadataCase) {
  const directory = await mkdtemp(join(tmpdir(), 'spawnkit-conformance-'));
  try {
    return { files: configDriveFiles(requestOf(one, await vendorDocument(one, directory))) };
  } catch (error) {
    if (error instanceof ConfigDriveError) return { error: error.code };
    throw error;
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function vendorDocument(one: MetadataCase, directory: string) {
  const file = vendorDataFileOf(one);
  if (!file) return undefined;
  const path = isAbsolute(file.path) ? file.path : join(directory, file.path);
  if (file.text !== undefined) await writeFile(path, file.text);
  return readVendorDataFile(path);
}

function networkFacts(recorded: unknown) {
  const networkInfo = parseNetworkInfo(recorded);
  const ips = ec2IpInfo(networkInfo);
  return {
    network_data: networkData(networkInfo) ?? null,
    ec2_ip_info: { fixed_ips: ips.fixedIps, fixed_ip6s: ips.fixedIp6s, floating_ips: ips.floatingIps },
    injected_template: injectedNetworkTemplate(networkInfo) ?? null,
    injected_template_kvm: injectedNetworkTemplate(networkInfo, 'kvm') ?? null,
    injected_template_lxc: injectedNetworkTemplate(networkInfo, 'lxc') ?? null,
    vifs_with_vlan: Object.fromEntries(vifsWithVlan(networkInfo)),
    vifs_trusted: Object.fromEntries(vifsTrusted(networkInfo)),
  };
}

function required({ input }: RequiredCase): boolean {
  const mandatory = input.img_config_drive;
  return configDriveRequired(
    {
      configDrive: input['instance.config_drive'] ?? '',
      launchedAt: input.launched_at_set ? '2026-01-01T00:00:00Z' : undefined,
    },
    {
      forceConfigDrive: input.force_config_drive,
      image: { properties: mandatory === null ? {} : { img_config_drive: mandatory } },
    },
  );
}

function compared(expected: unknown, actual: unknown): Verdict {
  const difference = firstDifference(expected, actual);
  return difference === undefined ? { status: 'passed' } : { status: 'failed', difference };
}
