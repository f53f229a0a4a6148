import { stringify } from 'yaml';
import { fullHostname } from './config-drive-files.ts';
import type { DriveFile } from './drive-file.ts';
import type { Json } from './json-text.ts';
import { checkMetadataLimits } from './metadata-limits.ts';
import type { MetadataRequest } from './metadata-request.ts';
import { noCloudNetwork } from './no-cloud-network.ts';

/** The label by which cloud-init's NoCloud data source finds its volume. */
export const noCloudLabel = 'cidata';

/**
 * The same request for cloud-init's NoCloud data source: `meta-data`, `user-data`, `vendor-data` when there is any, and
 * `network-config` (version 2, matched by MAC) when there is a network to describe. Build it with `label: noCloudLabel`.
 * NoCloud knows neither injected files nor an admin password: put them into the user data.
 *
 * Throws TOO_LARGE, INVALID_METADATA, INVALID_NETWORK.
 */
export function noCloudFiles(request: MetadataRequest): readonly DriveFile[] {
  checkMetadataLimits(request);
  const { instance, keypairs = [], userData = '' } = request;
  const vendor = vendorText(request.vendorData?.static);
  const network = noCloudNetwork(request);
  return [
    file('meta-data', {
      'instance-id': instance.uuid,
      'local-hostname': fullHostname(request),
      ...(keypairs[0] ? { 'public-keys': [keypairs[0].publicKey.trimEnd()] } : {}),
    }),
    { path: 'user-data', content: typeof userData === 'string' ? new TextEncoder().encode(userData) : userData },
    ...(vendor === undefined ? [] : [{ path: 'vendor-data', content: new TextEncoder().encode(vendor) }]),
    ...(network === undefined ? [] : [file('network-config', network)]),
  ];
}

/** Nova's static document keeps what is meant for cloud-init under this key. */
function vendorText(document: Json | undefined): string | undefined {
  if (typeof document !== 'object' || document === null || !('cloud-init' in document)) return undefined;
  const { 'cloud-init': content } = document;
  return typeof content === 'string' ? content : `#cloud-config\n${stringify(content)}`;
}

function file(path: string, document: Json): DriveFile {
  return { path, content: new TextEncoder().encode(stringify(document)) };
}
