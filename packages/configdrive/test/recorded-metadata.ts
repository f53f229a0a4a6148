import { parseInstance, parseNetworkInfo } from '@spawnkit/instance';
import { Secret } from '@spawnkit/effects';
import { jsonText, parseJson } from '../src/json-text.ts';
import type { DeviceMetadata, DriveFile, Json, MetadataRequest, VendorData } from '@spawnkit/configdrive';

/** One case of `metadata.json`. */
export interface MetadataCase {
  readonly id: string;
  readonly input: {
    readonly instance: RecordedInstance;
    readonly network_info: unknown;
    readonly files: readonly (readonly [string, string])[];
    readonly extra_md: Readonly<Record<string, Json>>;
    readonly config: Readonly<Record<string, unknown>>;
    readonly vendordata_jsonfile?: Json;
  };
  readonly expected: { readonly files: readonly RecordedFile[] } | { readonly error: string };
}

export interface RecordedFile {
  readonly path: string;
  readonly kind: 'json' | 'text' | 'base64';
  readonly content: Json;
  readonly text?: string;
}

interface RecordedInstance {
  readonly uuid: string;
  readonly hostname: string | null;
  readonly display_name: string | null;
  readonly project_id: string | null;
  readonly user_id: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly system_metadata: Readonly<Record<string, string>>;
  readonly root_device_name: string | null;
  readonly launch_index: number;
  readonly reservation_id: string | null;
  readonly availability_zone: string | null;
  readonly user_data: string | null;
  readonly key_name: string | null;
  readonly key_data: string | null;
  readonly keypairs: readonly { readonly name: string; readonly type: string; readonly public_key: string }[];
  readonly default_ephemeral_device: string | null;
  readonly default_swap_device: string | null;
  readonly flavor_name: string;
  readonly ec2_ids: Readonly<Record<'instance_id' | 'ami_id' | 'kernel_id' | 'ramdisk_id', string | null>>;
  readonly device_metadata: readonly RecordedDevice[] | null;
  readonly dedicated_cpus: readonly (readonly number[])[] | null;
  readonly security_groups: readonly string[];
  readonly bdms: readonly Readonly<
    Record<'device_name' | 'destination_type' | 'source_type' | 'guest_format', string | null>
  >[];
}

type RecordedDevice = DeviceMetadata & { readonly vf_trusted?: boolean };

/** The vendor data file of a case: where Nova would have read it from. */
export interface VendorDataFile {
  readonly path: string;
  /** Undefined: the case names a file and does not make it. */
  readonly text: string | undefined;
}

/** The vendor data file that a case configures, with its text; undefined when it configures none. */
export function vendorDataFileOf({ input }: MetadataCase): VendorDataFile | undefined {
  const document = input.vendordata_jsonfile;
  if (document !== undefined) {
    return { path: 'vendor.json', text: typeof document === 'string' ? document : jsonText(document) };
  }
  const path = input.config['api.vendordata_jsonfile_path'];
  return typeof path === 'string' ? { path, text: undefined } : undefined;
}

/** Our request for a recorded case. */
export function requestOf({ input }: MetadataCase, staticVendorData: Json | undefined): MetadataRequest {
  const { instance: recorded, config } = input;
  const { admin_pass: password, ...extraMetadata } = input.extra_md;
  const skip = config['api.config_drive_skip_versions'];
  const domain = config['api.dhcp_domain'];
  return {
    instance: instanceOf(recorded),
    networkInfo: parseNetworkInfo(input.network_info),
    keypairs: recorded.keypairs.map(({ name, type, public_key }) => ({ name, type, publicKey: public_key })),
    ec2Key: recorded.key_name ? { name: recorded.key_name, publicKey: recorded.key_data } : null,
    userData: recorded.user_data === null ? undefined : Buffer.from(recorded.user_data, 'base64'),
    files: input.files.map(([path, content]) => ({ path, content })),
    adminPassword: typeof password === 'string' ? new Secret(password) : undefined,
    extraMetadata,
    vendorData: vendorDataOf(config['api.vendordata_providers'], staticVendorData),
    deviceMetadata: recorded.device_metadata?.map(deviceOf),
    ...(typeof domain === 'string' ? { dhcpDomain: domain } : {}),
    availabilityZone: recorded.availability_zone,
    launchIndex: recorded.launch_index,
    reservationId: recorded.reservation_id,
    securityGroups: recorded.security_groups,
    ec2Ids: {
      instanceId: recorded.ec2_ids.instance_id ?? undefined,
      amiId: recorded.ec2_ids.ami_id,
      kernelId: recorded.ec2_ids.kernel_id,
      ramdiskId: recorded.ec2_ids.ramdisk_id,
    },
    blockDevices: recorded.bdms.map((bdm) => ({
      deviceName: bdm.device_name,
      destinationType: bdm.destination_type,
      sourceType: bdm.source_type,
      guestFormat: bdm.guest_format,
    })),
    defaultEphemeralDevice: recorded.default_ephemeral_device,
    defaultSwapDevice: recorded.default_swap_device,
    ...(typeof skip === 'string' ? { skipVersions: skip.split(' ') } : {}),
    randomSeed: (bytes) => new Uint8Array(bytes),
  };
}

const seedText = Buffer.alloc(512).toString('base64');

/** A file of ours in the form of the recording, the random seed under its placeholder. */
export function recordedForm(file: DriveFile, kind: RecordedFile['kind'], withText: boolean): RecordedFile {
  const content = Buffer.from(file.content);
  if (kind === 'base64') return { path: file.path, kind, content: content.toString('base64') };
  const text = content.toString('utf8').replace(seedText, '{random_seed}');
  if (kind === 'text') return { path: file.path, kind, content: text };
  return { path: file.path, kind, content: parseJson(text), ...(withText ? { text } : {}) };
}

function instanceOf(recorded: RecordedInstance) {
  return parseInstance({
    id: 1,
    uuid: recorded.uuid,
    hostname: recorded.hostname,
    display_name: recorded.display_name,
    project_id: recorded.project_id,
    user_id: recorded.user_id,
    root_device_name: recorded.root_device_name,
    metadata: recorded.metadata,
    system_metadata: recorded.system_metadata,
    memory_mb: 512,
    vcpus: 1,
    flavor: { name: recorded.flavor_name, vcpus: 1, memory_mb: 512 },
    numa_topology: recorded.dedicated_cpus && {
      cells: recorded.dedicated_cpus.map((cpus, id) => ({
        id,
        memory: 512,
        cpu_pinning: Object.fromEntries(cpus.map((cpu, index) => [String(index), cpu])),
      })),
    },
  });
}

function deviceOf({ vf_trusted, ...device }: RecordedDevice): DeviceMetadata {
  return device.kind === 'nic' ? { ...device, vfTrusted: vf_trusted } : device;
}

function vendorDataOf(providers: unknown, document: Json | undefined): VendorData {
  return { static: document, providers: Array.isArray(providers) ? providers.map(String) : undefined };
}
