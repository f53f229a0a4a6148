import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret } from '@spawnkit/effects';
import { cloneOrCreate } from '../../src/clone-or-create.ts';
import type { DiskSource } from '../../src/disk-source.ts';
import type { MkfsConfig } from '../../src/disks/mkfs.ts';
import { ImageBackendError } from '../../src/errors.ts';
import type { ImageBackend } from '../../src/image-backend.ts';
import { type LvmBackendOptions } from '../../src/lvm/lvm-options.ts';
import { lvmBackend } from '../../src/lvm-backend.ts';
import { openImageCache } from '../../src/open-image-cache.ts';
import { qcow2Backend } from '../../src/qcow2-backend.ts';
import { rawBackend } from '../../src/raw-backend.ts';
import { rbdQemuName } from '../../src/rbd/rbd-name.ts';
import { type RbdBackend, rbdBackend } from '../../src/rbd-backend.ts';
import type { BackendCase, BackendInput, HostInput, RecordedOp } from './recorded-case.ts';
import { placed } from './recorded-content.ts';
import { filesAfter } from './recorded-files.ts';
import { type RecordedHost, recordedHost } from './recorded-host.ts';
import { ownSteps } from './recorded-steps.ts';

export const INSTANCE = 'b65cee2f-8c69-4aeb-be2f-f79742548fc2';
const IMAGE = '155d900f-4e14-4e4c-a73d-069cbf4541e6';
const FSID = 'b2f1e1f0-fsid';
const SECRET = '457eb676-33da-42ec-9a8c-9293d545c337';

/** What our packages make of a recorded case. */
export interface OwnOutcome {
  readonly results: readonly OwnResult[];
  readonly steps: readonly string[];
  readonly files: readonly unknown[];
  readonly rbd: unknown;
  readonly volumes: VolumesAfter;
}

/** What is in the volume group, in the recordings' form. */
export interface VolumesAfter {
  readonly lvs: Readonly<Record<string, number>>;
  readonly maps: readonly string[];
}

export interface OwnResult {
  readonly op: string;
  readonly ok: boolean;
  /** The code of our error. */
  readonly error?: string;
  readonly path?: string;
  readonly driver_format?: string;
  readonly returned?: unknown;
  readonly source?: DiskSource;
}

export type BackendType = 'raw' | 'qcow2' | 'lvm' | 'rbd';

/** Does the operations of one case with our backend on a host of its own. */
export async function runBackendCase(one: BackendCase): Promise<OwnOutcome> {
  await using host = await recordedHost(one.input);
  await mkdir(join(host.instancesPath, INSTANCE), { recursive: true });
  const results: OwnResult[] = [];
  for (const op of one.input.ops) {
    const result = await outcomeOf(host, one.input, placed(op, host.instancesPath));
    const text = JSON.stringify(result).replaceAll(host.instancesPath, '{instances}');
    results.push(JSON.parse(text.replaceAll(host.devicesPath, '/dev')) as OwnResult);
    if (!result.ok && !op.continue) break;
  }
  return {
    results,
    steps: ownSteps(host.steps, host),
    files: await filesAfter(host.instancesPath),
    rbd: host.rbd.pools,
    volumes: volumesAfter(host),
  };
}

/** Drafts that could not be removed stand for what they would have become. */
export function volumesAfter({ lvm }: RecordedHost): VolumesAfter {
  const finalName = (path: string) => path.replace(/\+draft-[0-9a-f]{12}/, '');
  const lvs = Object.entries(lvm.volumes()).map(([path, bytes]) => [finalName(path), bytes]);
  return { lvs: Object.fromEntries(lvs), maps: lvm.maps().map(finalName) };
}

/** Our backend for a configuration of Nova's. */
export function backendFor(
  host: RecordedHost,
  type: BackendType,
  input: HostInput,
  mkfs: MkfsConfig = {},
): ImageBackend<DiskSource> {
  const { config = {} } = input;
  // Whoever describes a guest's disk has the secret or has not; to make disks one needs it with us as well.
  const needsSecret = 'ops' in input && (input as BackendInput).ops.some(({ op }) => op === 'libvirt_info');
  const { instancesPath, exec } = host;
  const text = (name: string) => config[`libvirt.${name}`] as string | undefined;
  const discard = text('hw_disk_discard') as 'unmap' | undefined;
  const common = { instancesPath, exec, ...(discard ? { hwDiskDiscard: discard } : {}) };
  const format = config['default_ephemeral_format'];
  const ephemeral = { ...mkfs, ...(typeof format === 'string' ? { defaultEphemeralFormat: format } : {}) };
  const preallocateImages = config['preallocate_images'] === 'space' ? ('space' as const) : ('none' as const);
  if (type === 'raw') return rawBackend({ ...common, ...ephemeral, preallocateImages, ...luks(input) });
  if (type === 'lvm') return lvmBackend({ ...common, ...ephemeral, ...lvmOptions(host, input) });
  if (type === 'qcow2') return qcow2Backend({ ...common, ...ephemeral, preallocateImages });
  return rbdBackend({
    ...common,
    ...ephemeral,
    imagesRbdPool: text('images_rbd_pool') ?? 'vms',
    rbdUser: text('rbd_user'),
    imagesRbdCephConf: text('images_rbd_ceph_conf'),
    rbdSecretUuid: text('rbd_secret_uuid') ?? (needsSecret ? undefined : SECRET),
    cluster: {
      fsid: FSID,
      monitors: [
        { name: '10.0.0.1', port: 6789 },
        { name: '::1', port: 6790 },
      ],
    },
  });
}

const KEY = '01'.repeat(32);

function lvmOptions({ devicesPath }: RecordedHost, { config = {} }: HostInput) {
  const encrypted = config['ephemeral_storage_encryption.enabled'] === true;
  const given: Omit<LvmBackendOptions, 'instancesPath' | 'exec'> = {
    imagesVolumeGroup: (config['libvirt.images_volume_group'] as string | undefined) ?? '',
    sparseLogicalVolumes: config['libvirt.sparse_logical_volumes'] === true,
    devicesPath,
    ...(encrypted ? { encryption: { keyOf: async () => new Secret(KEY) } } : {}),
  };
  return given;
}

/** Kernels and ramdisks are files that nobody encrypts. */
function luks(input: HostInput) {
  const isKernel = 'ops' in input && /^(kernel|ramdisk)/.test(diskNameOf(input as BackendInput));
  if (input.config?.['ephemeral_storage_encryption.enabled'] !== true || isKernel) return {};
  return { encryption: { passphraseOf: async () => new Secret(KEY), secretUuidOf: () => SECRET } };
}

export function typeOf({ backend, config }: BackendInput): BackendType {
  if (backend === 'default') return config?.['use_cow_images'] === false ? 'raw' : 'qcow2';
  return backend === 'flat' ? 'raw' : (backend as BackendType);
}

async function outcomeOf(host: RecordedHost, input: BackendInput, op: RecordedOp): Promise<OwnResult> {
  try {
    const disk = { instanceId: INSTANCE, name: diskNameOf(input) };
    const backend = backendFor(host, typeOf(input), input);
    return { op: op.op, ok: true, ...(await acts[op.op]?.({ host, input, op, disk, backend })) };
  } catch (error) {
    if (error instanceof ImageBackendError) return { op: op.op, ok: false, error: error.code };
    throw error;
  }
}

/** The disk that the case opens. */
function diskNameOf({ ops }: BackendInput): string {
  return ops.find(({ op }) => op === 'open')?.disk ?? 'disk';
}

interface ActContext {
  readonly host: RecordedHost;
  readonly input: BackendInput;
  readonly op: RecordedOp;
  readonly disk: { readonly instanceId: string; readonly name: string };
  readonly backend: ImageBackend<DiskSource>;
}

type Act = (context: ActContext) => Promise<Partial<OwnResult>>;

const acts: Readonly<Record<string, Act>> = {
  open: async ({ backend, disk, input, op }) => {
    if (op.path !== undefined && !op.path.includes('/')) throw new ImageBackendError('INVALID_REQUEST', 'no path');
    return { path: pathOf(backend.source(disk), input) };
  },
  async cache(context) {
    const source = await makeDisk(context);
    return { driver_format: source.type === 'network' ? source.protocol : source.format };
  },
  async resize_image({ backend, disk, op }) {
    await backend.resize({ disk, sizeBytes: BigInt(op.size ?? 0), growFileSystem: true });
    return {};
  },
  async create_snap({ backend, disk, op }) {
    await backend.createSnapshot({ disk, snapshot: op.name ?? '' });
    return {};
  },
  async remove_snap({ backend, disk, op }) {
    await backend.removeSnapshot({ disk, snapshot: op.name ?? '' });
    return {};
  },
  async rollback_to_snap({ backend, disk, op }) {
    await backend.rollback({ disk, snapshot: op.name ?? '' });
    return {};
  },
  async snapshot_extract({ backend, disk, op, input }) {
    const format = op.out_format as 'raw' | 'qcow2';
    if (!['raw', 'qcow2'].includes(format))
      throw new ImageBackendError('INVALID_REQUEST', `no ${format} can be written`);
    const compress = input.config?.['libvirt.snapshot_compression'] === true && backend.type === 'qcow2';
    await backend.extract({ disk, target: op.target ?? '', format, compress });
    return {};
  },
  async import_file({ backend, disk, op }) {
    if (isRbd(backend)) await backend.importFile({ disk: { ...disk, name: disk.name }, path: op.local_file ?? '' });
    return {};
  },
  async flatten({ backend, disk }) {
    if (!isRbd(backend)) throw new ImageBackendError('NOT_CLONABLE', 'only clones are made independent');
    await backend.flatten(disk);
    return {};
  },
  async clone({ backend, disk }) {
    await backend.clone({ disk, locations: [], imageFormat: 'raw', sizeBytes: null });
    return {};
  },
  async direct_snapshot({ backend, disk, op, input }) {
    if (!isRbd(backend)) throw new ImageBackendError('NOT_CLONABLE', 'only clusters make images');
    const location = input.images?.[op.base_image_id ?? '']?.locations?.[0]?.url;
    const pool = location?.split('/')[3];
    const imageId = String((op as { image_id?: string }).image_id);
    return { returned: await backend.exportImage({ disk, imageId, ...(pool === undefined ? {} : { pool }) }) };
  },
  async cleanup_direct_snapshot({ backend, op }) {
    if (isRbd(backend) && op.location) await backend.removeExportedImage(op.location);
    return {};
  },
  libvirt_info: async ({ backend, disk }) => ({ source: backend.source(disk) }),
  exists: async ({ backend, disk }) => ({ returned: await backend.exists(disk) }),
  is_file_in_instance_path: async ({ backend }) => ({ returned: backend.capabilities.inInstancePath }),
  is_shared_block_storage: async ({ backend }) => ({ returned: !backend.capabilities.inInstancePath }),
};

function isRbd(backend: ImageBackend<DiskSource>): backend is RbdBackend {
  return backend.type === 'rbd';
}

/** As Nova writes a disk's path. */
function pathOf(source: DiskSource, { config = {} }: HostInput): string {
  if (source.type !== 'network') return source.path;
  const [pool = '', image = ''] = source.name.split('/');
  const text = (name: string) => config[`libvirt.${name}`] as string | undefined;
  return rbdQemuName({ rbdUser: text('rbd_user'), imagesRbdCephConf: text('images_rbd_ceph_conf') }, { pool, image });
}

/** What Nova's `cache` is with us: the image into the cache, then the disk, or the growth of one that is there. */
async function makeDisk(context: ActContext): Promise<DiskSource> {
  const { host, backend, disk, op, input } = context;
  const sizeBytes = op.size === null || op.size === undefined ? null : BigInt(op.size);
  if (op.fetch === 'swap' || op.fetch === 'ephemeral') return makeScratch(context);
  const kind = op.fetch === 'raw_image' ? 'kernel' : 'disk';
  const imageId = op.image_id ?? IMAGE;
  const image = input.images?.[imageId];
  const there = await backend.exists(disk);
  const pull = await host.pull(imageId, kind);
  const cache = openImageCache({
    instancesPath: host.instancesPath,
    exec: host.exec,
    forceRawImages: kind === 'disk' && input.config?.['force_raw_images'] !== false,
  });
  if (there) {
    if (backend.capabilities.inInstancePath) await cache.pull(pull);
    if (sizeBytes !== null) await growTo(backend, disk, sizeBytes);
    return backend.source(disk);
  }
  const locations = locationsOf(image);
  const imageFormat = image?.disk_format ?? 'raw';
  return cloneOrCreate({ backend, cache }, { disk, sizeBytes, pull, locations, imageFormat, growFileSystem: true });
}

function locationsOf(
  image: { locations?: readonly { url: string }[]; stores_by_poll?: readonly unknown[] } | undefined,
) {
  return (image?.locations ?? []).map(({ url }) => url);
}

/** Never smaller: what is larger already stays, as with Nova. */
async function growTo(backend: ImageBackend<DiskSource>, disk: ActContext['disk'], sizeBytes: bigint): Promise<void> {
  try {
    await backend.resize({ disk, sizeBytes, growFileSystem: true });
  } catch (error) {
    if (!(error instanceof ImageBackendError && error.code === 'CANNOT_SHRINK')) throw error;
  }
}

async function makeScratch({ backend, disk, op }: ActContext): Promise<DiskSource> {
  if (await backend.exists(disk)) return backend.source(disk);
  if (op.fetch === 'swap') return backend.createSwap({ disk, mb: op.swap_mb ?? 0 });
  return backend.createEphemeral({
    disk,
    gb: op.ephemeral_size ?? 0,
    label: op.fs_label ?? 'ephemeral0',
    osType: op.os_type,
    format: op.specified_fs,
  });
}
