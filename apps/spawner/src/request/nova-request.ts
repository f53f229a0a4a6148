import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import {
  type ImageMeta,
  type Instance,
  parseBlockDeviceInfo,
  parseImageMeta,
  parseInstance,
  parseNetworkInfo,
} from '@spawnkit/instance';
import type { SecurityGroupRule } from '@spawnkit/vif';
import { readEncryptionMetadata } from '@spawnkit/volume';
import * as z from 'zod';
import { SpawnerError } from '../errors.ts';
import { sealedDevices } from '../volumes/volume-secrets.ts';
import type { VolumeKeyTable } from '../volumes/wanted-volumes.ts';
import type { SpawnRequest } from './request.ts';
import { type RequestSource, sourceOf } from './request-source.ts';

const GiB = 1n << 30n;
const MAX_BYTES = 16 * 1024 * 1024;

const novaRule = z.object({
  cidr: z.string().nullish(),
  protocol: z.string().nullish(),
  from_port: z.number().int().nullish(),
  to_port: z.number().int().nullish(),
});

/**
 * What Nova's compute hands its driver, as JSON: `instance`, `flavor`, `image_meta`, `network_info`,
 * `block_device_info` are read by the parsers of `@spawnkit/instance`, which know Nova's field names. What lies
 * elsewhere in Nova stands beside them: where the bytes of image, kernel and ramdisk are.
 */
const novaSchema = z.strictObject({
  instance: z.record(z.string(), z.unknown()),
  flavor: z.record(z.string(), z.unknown()).optional(),
  image_meta: z.unknown().optional(),
  network_info: z.unknown().optional(),
  block_device_info: z.unknown().optional(),
  /** What the volume service says of encrypted volumes, by their ids. */
  volume_encryption: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  security_group_rules: z.array(novaRule).optional(),
  image: z.string().min(1).optional(),
  kernel: z.string().min(1).optional(),
  ramdisk: z.string().min(1).optional(),
  /** Pairs of path and base64, as Nova passes them. */
  injected_files: z.array(z.tuple([z.string().startsWith('/'), z.base64()])).default([]),
});

/** `key_data` and `user_data` (base64) of an instance record, and the keypairs that newer ones have. */
const novaInstance = z.object({
  key_data: z.string().nullish(),
  user_data: z.base64().nullish(),
  keypairs: z.array(z.object({ public_key: z.string() })).nullish(),
});

export interface NovaRequestOptions {
  /** Sources are relative to it. */
  readonly directory: string;
  /** Where the image is, instead of what the request says. */
  readonly image?: string | undefined;
  /** Appears in messages. */
  readonly name?: string | undefined;
}

/** Reads a file with {@link requestFromNova}'s JSON. Throws {@link SpawnerError} `NOT_FOUND`, `USAGE`. */
export async function readNovaRequest(
  path: string,
  { image }: { readonly image?: string | undefined },
): Promise<SpawnRequest> {
  const text = await readText(path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SpawnerError('USAGE', `"${path}" is not valid JSON: ${(cause as Error).message}`, { cause });
  }
  return requestFromNova(value, { directory: dirname(resolve(path)), image, name: path });
}

/**
 * The request that Nova's own objects ask for; the domain gets Nova's name, `instance-` and the id as eight hexadecimal
 * digits. Throws {@link SpawnerError} `USAGE`, and `InstanceError` with the field that is wrong.
 */
export function requestFromNova(input: unknown, options: NovaRequestOptions): SpawnRequest {
  const { instance: record, flavor, ...nova } = parse(novaSchema, input, options);
  const instance = parseInstance(flavor ? { ...record, flavor } : record);
  const { key_data: key, user_data: userData, keypairs } = parse(novaInstance, record, options);
  const blockDeviceInfo = sealedDevices(parseBlockDeviceInfo(nova.block_device_info ?? null));
  const imageMeta = imageMetaOf(nova.image_meta, instance);
  const image = options.image ?? nova.image;
  const keys = [...(key ? [key] : []), ...(keypairs ?? []).map(({ public_key }) => public_key)];
  return {
    instance,
    name: `instance-${instance.id.toString(16).padStart(8, '0')}`,
    imageMeta,
    image:
      image === undefined ? undefined : { source: sourceOf(image, options.directory), ...checksumOf(nova.image_meta) },
    kernel: nova.kernel === undefined ? undefined : kernelOf(nova.kernel, nova.ramdisk, options.directory),
    networkInfo: parseNetworkInfo(nova.network_info ?? []),
    securityGroupRules: nova.security_group_rules?.map(ruleOf),
    blockDeviceInfo,
    volumeKeys: volumeKeysOf(nova.volume_encryption),
    rootDiskBytes: instance.rootGb > 0 ? BigInt(instance.rootGb) * GiB : undefined,
    seed: instance.configDrive === '' ? 'none' : 'config-drive',
    keys: [...new Set(keys.map((one) => one.trim()))],
    userData: userData ? Buffer.from(userData, 'base64').toString('utf8') : undefined,
    files: nova.injected_files.map(([path, content]) => ({
      path,
      content: Buffer.from(content, 'base64').toString('utf8'),
    })),
  };
}

function volumeKeysOf(table: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {}): VolumeKeyTable {
  const entries = Object.entries(table).map(([id, one]) => [id, { encryption: readEncryptionMetadata(one) }] as const);
  return Object.fromEntries(entries);
}

function ruleOf({
  cidr,
  protocol,
  from_port: fromPort,
  to_port: toPort,
}: z.output<typeof novaRule>): SecurityGroupRule {
  return {
    cidr: cidr ?? '0.0.0.0/0',
    ...(protocol && { protocol }),
    ...(fromPort != null && { fromPort }),
    ...(toPort != null && { toPort }),
  };
}

function kernelOf(kernel: string, ramdisk: string | undefined, directory: string): SpawnRequest['kernel'] {
  return {
    kernel: { source: sourceOf(kernel, directory) },
    ramdisk: ramdisk === undefined ? undefined : { source: sourceOf(ramdisk, directory) },
  };
}

/** What the image service told when the instance was made stands in its record. */
function imageMetaOf(given: unknown, { imageRef }: Instance): ImageMeta {
  return parseImageMeta(given ?? (imageRef === '' ? {} : { id: imageRef }));
}

/** Of the image service's hashes, one that images are checked by here. */
function checksumOf(imageMeta: unknown): Pick<RequestSource, 'checksum'> {
  const hash = z
    .object({ os_hash_algo: z.enum(['sha256', 'sha512']), os_hash_value: z.hex() })
    .safeParse(imageMeta ?? {});
  if (!hash.success) return {};
  return { checksum: { algorithm: hash.data.os_hash_algo, hex: hash.data.os_hash_value.toLowerCase() } };
}

function parse<Schema extends z.ZodType>(schema: Schema, input: unknown, { name = 'the request' }: NovaRequestOptions) {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new SpawnerError('USAGE', `${name} is no request of Nova's: ${z.prettifyError(result.error)}`, {
    cause: result.error,
    fix: `Known are ${Object.keys(novaSchema.shape).join(', ')}; what stands in them has Nova's field names.`,
  });
}

async function readText(path: string): Promise<string> {
  try {
    if ((await stat(path)).size > MAX_BYTES) throw new SpawnerError('USAGE', `"${path}" is larger than 16 MiB`);
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof SpawnerError) throw cause;
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new SpawnerError(missing ? 'NOT_FOUND' : 'USAGE', `Cannot read "${path}": ${(cause as Error).message}`, {
      cause,
    });
  }
}
