import { EffectsError, type ExecLimits } from '@spawnkit/effects';
import { GiB } from '../byte-units.ts';
import type { BaseImage } from '../image-cache.ts';
import type { BackendContext } from './backend-options.ts';
import type { QemuKey } from './luks.ts';

/** For commands that open an image somebody else made; Nova's limits for `qemu-img info`, with room for its threads. */
const UNTRUSTED: ExecLimits = { cpuSeconds: 30, addressSpaceBytes: GiB };
const CONVERT: ExecLimits = { addressSpaceBytes: 2n * GiB };

const LUKS_ATTEMPTS = 8;

type Host = Pick<BackendContext, 'exec'>;

export interface OverlayRequest {
  /** Missing: an empty image. */
  readonly base?: (Pick<BaseImage, 'path' | 'format'> & { readonly clusterBytes?: number | undefined }) | undefined;
  readonly sizeBytes: bigint;
  /** Encrypts it. */
  readonly key?: QemuKey | undefined;
  readonly signal: AbortSignal | undefined;
}

/** A qcow2 image that has only differences from its base. The base's format is given, never probed. */
export async function createOverlay({ exec }: Host, draft: string, request: OverlayRequest): Promise<void> {
  const { base, sizeBytes, key, signal } = request;
  const options = [...(base ? baseOptions(base) : []), ...(key ? key.createOptions : [])];
  const flags = options.length > 0 ? ['-o', options.join(',')] : [];
  const args = ['create', '-q', '-f', 'qcow2', ...(key?.object ?? []), ...flags, draft, `${sizeBytes}`];
  const limits = base?.format === 'qcow2' ? { limits: UNTRUSTED } : {};
  for (let attempts = key ? LUKS_ATTEMPTS : 1; ; attempts--) {
    try {
      await exec('qemu-img', args, { signal, ...limits });
      return;
    } catch (error) {
      if (attempts <= 1 || !isUnmeasured(error)) throw error;
    }
  }
}

/** QEMU measures how fast it hashes a passphrase, and gives up where the kernel's clock was too coarse to see it. */
function isUnmeasured(error: unknown): boolean {
  return error instanceof EffectsError && /accurate CPU usage/.test(String(error.context['stderr']));
}

function baseOptions({ path, format, clusterBytes }: NonNullable<OverlayRequest['base']>): readonly string[] {
  return [
    `backing_file=${path.replaceAll(',', ',,')}`,
    `backing_fmt=${format}`,
    ...(clusterBytes === undefined ? [] : [`cluster_size=${clusterBytes}`]),
  ];
}

export interface ConvertRequest {
  /** A path, or what else QEMU finds images by. */
  readonly from: string;
  readonly fromFormat: 'raw' | 'qcow2';
  /** Opens it. */
  readonly key?: QemuKey | undefined;
  readonly to: string;
  readonly toFormat: 'raw' | 'qcow2';
  readonly compress?: boolean;
  /** What the target has, where it is a device: zeros stay as they are, anything else is written over. */
  readonly onto?: 'zeros' | 'anything';
  readonly signal: AbortSignal | undefined;
}

/** What a guest sees of an image, as another image that depends on nothing, with holes. Both formats are given, never probed. */
export async function convertImage({ exec }: Host, request: ConvertRequest): Promise<void> {
  const { from, fromFormat, key, to, toFormat, compress = false, onto, signal } = request;
  const source = key ? keyedImage(from, key) : { flags: ['-f', fromFormat], name: from };
  // Past the host's cache, which would only be filled with what a guest is going to read.
  const device = onto ? ['-n', '-t', 'none', ...(onto === 'zeros' ? ['--target-is-zero'] : [])] : [];
  const flags = ['-q', ...(compress ? ['-c'] : []), ...device, ...source.flags, '-O', toFormat];
  await exec('qemu-img', ['convert', ...flags, source.name, to], { signal, limits: CONVERT });
}

export interface ResizeRequest {
  readonly format: 'raw' | 'qcow2';
  readonly sizeBytes: bigint;
  readonly key?: QemuKey | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Grows an image; QEMU's own locks refuse one that a guest has open. */
export async function resizeImage({ exec }: Host, path: string, request: ResizeRequest): Promise<void> {
  const { format, sizeBytes, key, signal } = request;
  const { flags, name } = key ? keyedImage(path, key) : { flags: ['-f', format], name: path };
  await exec('qemu-img', ['resize', '-q', ...flags, name, `${sizeBytes}`], { signal });
}

/** How QEMU's tools open a qcow2 image, whose format is given: by its path, with the key if it is encrypted. */
export function keyedImage(
  path: string,
  key: QemuKey | undefined,
): { readonly flags: readonly string[]; readonly name: string } {
  const name = `driver=qcow2,file.filename=${path.replaceAll(',', ',,')}`;
  return {
    flags: [...(key?.object ?? []), '--image-opts'],
    name: key ? `${name},encrypt.key-secret=${key.id}` : name,
  };
}
