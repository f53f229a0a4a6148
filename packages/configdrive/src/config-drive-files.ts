import { deviceList } from './device-metadata.ts';
import type { DriveFile } from './drive-file.ts';
import { ec2Metadata } from './ec2-metadata.ts';
import { injectedNetworkTemplate } from './injected-template.ts';
import { type Json, jsonText } from './json-text.ts';
import { checkMetadataLimits } from './metadata-limits.ts';
import type { MetadataRequest } from './metadata-request.ts';
import { networkData } from './network-data.ts';
import { vendorDataDocuments } from './vendor-data.ts';
import { atLeast, defaultSkipVersions, ec2Versions, type OpenstackVersion, openstackVersions } from './versions.ts';

/** What is the same in every version. */
interface Shared {
  readonly request: MetadataRequest;
  readonly hostname: string;
  readonly userData: Uint8Array | undefined;
  readonly contents: readonly Uint8Array[];
  /** `files` and `network_config` of the metadata. */
  readonly references: { readonly files: Json[]; readonly networkConfig: Json | undefined };
  readonly documents: { readonly network: Uint8Array; readonly vendor: Uint8Array; readonly vendor2: Uint8Array };
}

const encoder = new TextEncoder();

/**
 * The files of a `config-2` drive in Nova's order: `ec2/<version>/…`, `openstack/<version>/…`, `openstack/content/NNNN`.
 * Pure but for `randomSeed`. A `meta_data.json` that carries the admin password encodes it each time its `content` is
 * read, so the secret stays a `Secret` until then.
 *
 * Throws TOO_LARGE, INVALID_METADATA, INVALID_NETWORK, VENDOR_DATA_MISSING.
 */
export function configDriveFiles(request: MetadataRequest): readonly DriveFile[] {
  checkMetadataLimits(request);
  const shared = prepare(request);
  const skipped = request.skipVersions ?? defaultSkipVersions;
  return [
    ...ec2Versions
      .filter((version) => !skipped.includes(version))
      .flatMap((version) => {
        const document = jsonFile(`ec2/${version}/meta-data.json`, ec2Metadata(request, version, shared.hostname));
        return [...userDataFile(`ec2/${version}/user-data`, shared), document];
      }),
    ...openstackVersions.flatMap((version) => openstackFiles(shared, version)),
    ...shared.contents.map((content, index) => ({ path: `openstack${contentPath(index)}`, content })),
  ];
}

/** The name a guest is told: `hostname.dhcpDomain`. */
export function fullHostname({ instance, hostname, dhcpDomain = 'novalocal' }: MetadataRequest): string {
  const name = hostname ?? instance.hostname ?? `Server-${instance.uuid}`;
  return dhcpDomain === '' ? name : `${name}.${dhcpDomain}`;
}

function prepare(request: MetadataRequest): Shared {
  const template = injectedNetworkTemplate(request.networkInfo);
  const files = request.files ?? [];
  const offset = template === undefined ? 0 : 1;
  const vendor = vendorDataDocuments(request.vendorData);
  const { dhcpWithoutSubnets = false } = request;
  return {
    request,
    hostname: fullHostname(request),
    userData: request.userData === undefined ? undefined : bytes(request.userData),
    contents: [...(template === undefined ? [] : [template]), ...files.map((file) => file.content)].map(bytes),
    references: {
      files: files.map(({ path }, index) => ({ path, content_path: contentPath(index + offset) })),
      networkConfig: offset ? { name: 'network_config', content_path: contentPath(0) } : undefined,
    },
    documents: {
      network: jsonBytes(networkData(request.networkInfo, { ...request.links, dhcpWithoutSubnets }) ?? {}),
      vendor: jsonBytes(vendor.v1),
      vendor2: jsonBytes(vendor.v2),
    },
  };
}

function openstackFiles(shared: Shared, version: OpenstackVersion): DriveFile[] {
  const at = (name: string) => `openstack/${version}/${name}`;
  const since = (first: OpenstackVersion, name: string, content: Uint8Array) =>
    atLeast(version, first) ? [{ path: at(name), content }] : [];
  return [
    metadataFile(at('meta_data.json'), shared, version),
    ...userDataFile(at('user_data'), shared),
    ...since('2013-10-17', 'vendor_data.json', shared.documents.vendor),
    ...since('2015-10-15', 'network_data.json', shared.documents.network),
    ...since('2016-10-06', 'vendor_data2.json', shared.documents.vendor2),
  ];
}

function metadataFile(path: string, shared: Shared, version: OpenstackVersion): DriveFile {
  const { adminPassword, randomSeed } = shared.request;
  const seed = atLeast(version, '2013-04-04') ? Buffer.from(randomSeed(512)).toString('base64') : undefined;
  const document = (secret: Record<string, Json>) => openstackMetadata(shared, version, seed, secret);
  if (!adminPassword) return jsonFile(path, document({}));
  return {
    path,
    get content() {
      return jsonBytes(document({ admin_pass: adminPassword.reveal() }));
    },
  };
}

/** `meta_data.json` in Nova's key order; keys with nothing to say are left out. */
function openstackMetadata(
  { request, hostname, references }: Shared,
  version: OpenstackVersion,
  seed: string | undefined,
  secret: Record<string, Json>,
): Json {
  const { instance, keypairs = [] } = request;
  const [key] = keypairs;
  return {
    uuid: instance.uuid,
    ...(Object.keys(instance.metadata).length > 0 ? { meta: instance.metadata } : {}),
    ...(references.files.length > 0 ? { files: references.files } : {}),
    ...request.extraMetadata,
    ...secret,
    ...(references.networkConfig ? { network_config: references.networkConfig } : {}),
    ...(key
      ? {
          public_keys: { [key.name]: key.publicKey },
          keys: [{ name: key.name, type: key.type ?? 'ssh', data: key.publicKey }],
        }
      : {}),
    hostname,
    name: instance.displayName ?? null,
    launch_index: request.launchIndex ?? 0,
    availability_zone: request.availabilityZone ?? null,
    ...(seed === undefined ? {} : { random_seed: seed }),
    ...(atLeast(version, '2015-10-15') ? { project_id: instance.projectId ?? null } : {}),
    ...(atLeast(version, '2016-06-30') ? { devices: deviceList(request.deviceMetadata ?? [], version) } : {}),
    ...(atLeast(version, '2020-10-14') ? { dedicated_cpus: dedicatedCpus(request) } : {}),
  };
}

function dedicatedCpus({ instance }: MetadataRequest): number[] {
  const pinned = instance.numaTopology?.cells.flatMap((cell) => Object.values(cell.cpuPinning ?? {})) ?? [];
  return [...new Set(pinned)].sort((one, other) => one - other);
}

function contentPath(index: number): string {
  return `/content/${String(index).padStart(4, '0')}`;
}

function userDataFile(path: string, { userData }: Shared): DriveFile[] {
  return userData === undefined ? [] : [{ path, content: userData }];
}

function jsonFile(path: string, document: Json): DriveFile {
  return { path, content: jsonBytes(document) };
}

function jsonBytes(document: Json): Uint8Array {
  return encoder.encode(jsonText(document));
}

function bytes(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? encoder.encode(content) : content;
}
