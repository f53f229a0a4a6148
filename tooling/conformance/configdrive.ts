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
  buildRecordedDrive,
  type DriveCase,
  type DriveOutcome,
  recordedFiles,
} from '../../packages/configdrive/test/recorded-drive.ts';
import type { DriveFile } from '../../packages/configdrive/src/index.ts';
import { jsonText, parseJson } from '../../packages/configdrive/src/json-text.ts';
import {
  type MetadataCase,
  type RecordedFile,
  recordedForm,
  requestOf,
  vendorDataFileOf,
} from '../../packages/configdrive/test/recorded-metadata.ts';
import { type CaseVerdict, firstDifference, report, type Verdict } from './report.ts';

const ownVectors = join(import.meta.dirname, '../../packages/configdrive/test/vectors/configdrive');

interface NetworkCase {
  readonly id: string;
  readonly input: { readonly network_info: unknown };
  readonly expected: Readonly<Record<string, unknown>> & { readonly vifs_with_vlan: Readonly<Record<string, unknown>> };
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
    yield { id: one.id, verdict: networkVerdict(one) };
  }
  for (const one of await cases<RequiredCase>(directory, 'required_by')) {
    yield { id: one.id, verdict: compared(one.expected.required, required(one)) };
  }
  for (const one of await cases<DriveCase>(directory, 'drive')) {
    yield { id: one.id, verdict: driveVerdict(one, await buildRecordedDrive(one)) };
  }
}

async function cases<Case>(directory: string, name: string): Promise<readonly Case[]> {
  const text = await readFile(join(directory, `${name}.json`), 'utf8');
  // The documents of some cases hold numbers that must not be rounded.
  return (parseJson(text) as unknown as { cases: readonly Case[] }).cases;
}

async function metadataVerdict(one: MetadataCase): Promise<Verdict> {
  const ours = await metadataOutcome(one);
  const relative = one.input.files.some(([path]) => !path.startsWith('/'));
  if (relative && 'error' in ours && ours.error === 'INVALID_METADATA') return excepted(rules.injectedPath, passed);
  if ('error' in one.expected) {
    const expected = one.expected.error === 'InvalidMetadataPath' ? 'VENDOR_DATA_MISSING' : 'VENDOR_DATA_UNREADABLE';
    return compared({ error: expected }, ours);
  }
  if ('error' in ours) return { status: 'failed', difference: `expected files, got the error ${ours.error}` };
  const { files } = one.expected;
  const verdict = comparedFiles(files, ours.files);
  return verdict.status === 'passed'
    ? verdict
    : excepted(rules.digits, comparedFiles(files.map(withOwnDigits), ours.files));
}

function comparedFiles(expected: readonly RecordedFile[], files: readonly DriveFile[]): Verdict {
  const actual = files.map((file, index) => {
    const recorded = expected[index];
    return recorded ? recordedForm(file, recorded.kind, recorded.text !== undefined) : { path: file.path };
  });
  return compared(expected, actual);
}

/** The file with its numbers as JavaScript writes them, if that changes nothing else about its text. */
function withOwnDigits(file: RecordedFile): RecordedFile {
  return file.text === undefined ? file : { ...file, text: jsonText(parseJson(file.text)) };
}

/** Nova hands a VLAN on as it finds it; the guest's metadata has a number in either. */
function networkVerdict({ expected, input }: NetworkCase): Verdict {
  const ours = networkFacts(input.network_info);
  const verdict = compared(expected, ours);
  if (verdict.status === 'passed') return verdict;
  const vlans = Object.entries(expected.vifs_with_vlan).map(([mac, vlan]) => [mac, Number(vlan)] as const);
  const numbers = Object.fromEntries(vlans.filter(([, vlan]) => vlan !== 0));
  return excepted(rules.vlan, compared({ ...expected, vifs_with_vlan: numbers }, ours));
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

/** Where we differ from Nova on purpose; each use asserts our own outcome in full. */
const rules = {
  mode: 'file mode 0600: the drive may carry the admin password, Nova leaves it to the umask',
  path: 'paths that leave the drive, or that a drive cannot name, are refused before anything is written',
  injectedPath: 'injected files that do not say where in the guest they lie are refused',
  digits: 'a number is written with the digits of JavaScript: 1000 for 1000.0',
  vlan: 'a VLAN is a number, also where Neutron writes it as text, and 0 is none',
  vfat: 'vfat by mtools instead of mounting: no root, top level files work, nothing partial is left, too much is refused',
} as const;

function driveVerdict(one: DriveCase, ours: DriveOutcome): Verdict {
  if (one.input.files.some(({ path }) => leavesDrive(path))) {
    return excepted(rules.path, compared({ result: 'INVALID_PATH', commands: [], left: leftBefore(one) }, ours));
  }
  if (one.input.format === 'vfat') return excepted(rules.vfat, compared(vfatOutcome(one), ours));
  const { iso, trace } = one.expected;
  const commands = trace.map(({ execute }) => execute);
  if (!iso) return compared({ result: isoFailure(one), commands, left: leftBefore(one) }, ours);
  const listing = iso.joliet_listing.toSorted();
  const paths = Object.keys(ours.drive?.files ?? {}).flatMap((path) =>
    path.split('/').map((_, index, parts) => `/${parts.slice(0, index + 1).join('/')}`),
  );
  const difference = firstDifference(listing, [...new Set(paths)].toSorted(), 'joliet_listing');
  if (difference !== undefined) return { status: 'failed', difference };
  const drive = {
    mode: '0o600',
    bytes: ours.drive?.bytes,
    label: iso['Volume id'],
    publisher: iso['Publisher id'],
    files: recordedFiles(one),
  };
  return excepted(rules.mode, compared({ result: 'ok', commands, left: ['disk.config'], drive }, ours));
}

/** A tool that fails without an injected fault is one that is not installed. */
function isoFailure(one: DriveCase): string {
  return Object.keys(one.input.faults).length > 0 ? 'BUILD_FAILED' : 'TOOL_MISSING';
}

/** Where Nova's joining of paths would write outside of its directory, or to a name that cannot be read back. */
function leavesDrive(path: string): boolean {
  return path.split('/').some((part) => part === '' || part === '.' || part === '..' || /\p{Cc}/u.test(part));
}

function leftBefore(one: DriveCase): string[] {
  return one.input.target_preexists_with_bytes ? ['disk.config'] : [];
}

/** Our outcome of a vfat case: Nova's facts about the file system, and none of its weak spots. */
function vfatOutcome(one: DriveCase): unknown {
  const label = one.expected.vfat?.volume_label;
  const bytes = one.expected.vfat?.size ?? 0;
  const mkfs = ['mkfs.vfat', '-n', 'config-2', '{instance_dir}/disk.config'];
  const files = recordedFiles(one);
  const content = Object.values(files).reduce((sum, text) => sum + text.length, 0);
  if (content > bytes) return { result: 'TOO_LARGE', commands: [], left: leftBefore(one) };
  if ('mkfs' in one.input.faults) return { result: 'BUILD_FAILED', commands: [mkfs], left: leftBefore(one) };
  const tops = [...new Set(Object.keys(files).map((path) => path.split('/', 1)[0] ?? path))].toSorted();
  const staged = tops.map((top) => `tree/${top}`);
  const copy = ['mcopy', '-i', '{instance_dir}/disk.config', '-s', '-o', ...staged, '::/'];
  return {
    result: 'ok',
    commands: tops.length > 0 ? [mkfs, copy] : [mkfs],
    left: ['disk.config'],
    drive: {
      mode: '0o600',
      bytes,
      label,
      publisher: undefined,
      files,
      fat: { type: one.expected.vfat?.fs_type, fsckClean: true },
    },
  };
}

const passed: Verdict = { status: 'passed' };

function excepted(rule: string, own: Verdict): Verdict {
  return own.status === 'passed' ? { status: 'excepted', rule } : own;
}

function compared(expected: unknown, actual: unknown): Verdict {
  const difference = firstDifference(expected, actual);
  return difference === undefined ? { status: 'passed' } : { status: 'failed', difference };
}
