import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cloneOrCreate } from '../../src/clone-or-create.ts';
import { ImageBackendError } from '../../src/errors.ts';
import type { ImageKind } from '../../src/image-cache.ts';
import { openImageCache } from '../../src/open-image-cache.ts';
import { rawBackend } from '../../src/raw-backend.ts';
import type { BackendExpected, HostInput, RecordedCase, RecordedResult } from './recorded-case.ts';
import { comparedFiles, comparedPools, errorName, type RecordedFileAfter, volumesOf } from './compared-backend.ts';
import { backendFor, type BackendType, INSTANCE, volumesAfter } from './recorded-backend.ts';
import { mkfsCommands } from './recorded-cache.ts';
import { filesAfter } from './recorded-files.ts';
import { type RecordedHost, recordedHost } from './recorded-host.ts';
import { ownSteps, recordedSteps } from './recorded-steps.ts';

export type InstanceCase = RecordedCase<InstanceInput, InstanceExpected>;

interface InstanceInput extends HostInput {
  readonly suffix?: string;
  readonly virt_mkfs?: readonly string[];
  readonly disk_images?: Readonly<Record<'image_id' | 'kernel_id' | 'ramdisk_id', string | undefined>>;
  readonly instance?: {
    readonly image_ref?: string;
    readonly kernel_id?: string;
    readonly ramdisk_id?: string;
    readonly os_type?: string | null;
    readonly flavor?: { readonly root_gb?: number; readonly ephemeral_gb?: number; readonly swap?: number };
  };
  readonly block_device_info?: {
    readonly ephemerals?: readonly { readonly size: number; readonly guest_format: string | null }[];
    readonly swap?: { readonly swap_size: number } | null;
  };
}

interface InstanceExpected extends Omit<BackendExpected, 'results'>, Omit<RecordedResult, 'op'> {
  readonly disk_mapping: Readonly<Record<string, unknown>>;
  readonly created_instance_dir?: boolean;
  readonly created_disks?: boolean;
}

const IMAGE = '155d900f-4e14-4e4c-a73d-069cbf4541e6';
const GiB = 1024n ** 3n;

/** The same facts of both, in one form. Injection of files is another package's, after the disks. */
export async function comparedInstance(one: InstanceCase): Promise<Record<'expected' | 'actual', object>> {
  const { expected } = one;
  const ours = await runInstanceCase(one);
  const { ok, error, created_instance_dir, created_disks } = expected;
  const injects = one.input.faults?.['inject_data'] !== undefined;
  return {
    expected: {
      result: injects
        ? ours.result
        : { ok, ...(error ? { error: error.error } : { created_instance_dir, created_disks }) },
      steps: recordedSteps(expected.trace),
      files: comparedFiles(expected.files_after as readonly RecordedFileAfter[], one.input),
      rbd: comparedPools(expected.rbd_after ?? {}),
      volumes: volumesOf(expected),
    },
    actual: {
      ...ours,
      result: { ...ours.result, ...(ours.code ? { error: errorName(ours.code, error) } : {}) },
      code: undefined,
    },
  };
}

/** Makes the disks of one instance with our backends, one after the other as Nova does. */
async function runInstanceCase(one: InstanceCase) {
  await using host = await recordedHost(one.input);
  const directory = join(host.instancesPath, INSTANCE);
  const there = await stat(directory).catch(() => undefined);
  await mkdir(directory, { recursive: true });
  const made = await makeDisks(host, one).catch((error: unknown) => {
    if (error instanceof ImageBackendError) return error;
    throw error;
  });
  const failed = made instanceof ImageBackendError;
  return {
    result: failed ? { ok: false } : { ok: true, created_instance_dir: there === undefined, created_disks: made > 0 },
    code: failed ? made.code : undefined,
    steps: ownSteps(host.steps, host),
    files: comparedFiles((await filesAfter(host.instancesPath)) as readonly RecordedFileAfter[], one.input),
    rbd: comparedPools(host.rbd.pools),
    volumes: volumesAfter(host),
  };
}

/** How many were made. */
async function makeDisks(host: RecordedHost, { input, expected }: InstanceCase): Promise<number> {
  const { instance = {}, suffix = '', disk_images: given, block_device_info: devices = {} } = input;
  const type = ((input.config?.['libvirt.images_type'] as string | undefined) ?? 'qcow2') as BackendType;
  const config = { virtMkfs: mkfsCommands(input.virt_mkfs ?? []) };
  const backend = backendFor(host, type, input, config);
  const files = rawBackend(host);
  const { instancesPath, exec } = host;
  const cacheFor = (kind: ImageKind) =>
    openImageCache({
      instancesPath,
      exec,
      forceRawImages: kind === 'disk' && input.config?.['force_raw_images'] !== false,
    });
  const disk = (name: string) => ({ instanceId: INSTANCE, name });
  const has = (name: string) => Object.hasOwn(expected.disk_mapping, name);
  const { flavor = {}, os_type: osType } = instance;
  let made = 0;

  const kernelId = given?.kernel_id ?? instance.kernel_id;
  const ramdiskId = given?.ramdisk_id ?? instance.ramdisk_id;
  for (const [name, id] of Object.entries({ kernel: kernelId, ramdisk: kernelId && ramdiskId })) {
    if (!id || (await files.exists(disk(`${name}${suffix}`)))) continue;
    const base = await cacheFor('kernel').pull(await host.pull(id, 'kernel'));
    await files.create({ disk: disk(`${name}${suffix}`), base, sizeBytes: null });
  }
  const root = `disk${suffix}`;
  if (has(root) && (given?.image_id ?? instance.image_ref ?? IMAGE) !== '' && !(await backend.exists(disk(root)))) {
    const imageId = given?.image_id ?? IMAGE;
    const gb = suffix === '' ? (flavor.root_gb ?? 1) : 0;
    const sizeBytes = gb === 0 ? null : BigInt(gb) * GiB;
    const imageFormat = input.images?.[imageId]?.disk_format ?? 'raw';
    const pull = await host.pull(imageId, 'disk');
    const request = { disk: disk(root), sizeBytes, pull, locations: [], imageFormat, growFileSystem: true };
    await cloneOrCreate({ backend, cache: cacheFor('disk') }, request);
    made++;
  }
  if (has('disk.local')) {
    await backend.createEphemeral({
      disk: disk('disk.local'),
      gb: flavor.ephemeral_gb ?? 0,
      label: 'ephemeral0',
      osType,
    });
    made++;
  }
  for (const [index, { size, guest_format: format }] of (devices.ephemerals ?? []).entries()) {
    await backend.createEphemeral({
      disk: disk(`disk.eph${index}`),
      gb: size,
      label: `ephemeral${index}`,
      osType,
      format,
    });
    made++;
  }
  if (has('disk.swap')) {
    const asked = devices.swap?.swap_size ?? 0;
    await backend.createSwap({ disk: disk('disk.swap'), mb: asked > 0 ? asked : (flavor.swap ?? 0) });
    made++;
  }
  return made;
}
