import type { ExecLimits } from '@spawnkit/effects';
import { GiB } from '../byte-units.ts';
import type { BaseImage } from '../image-cache.ts';
import type { BackendContext } from './backend-options.ts';

/** For commands that open an image somebody else made; Nova's limits for `qemu-img info`, with room for its threads. */
const UNTRUSTED: ExecLimits = { cpuSeconds: 30, addressSpaceBytes: GiB };
const CONVERT: ExecLimits = { addressSpaceBytes: 2n * GiB };

export interface OverlayRequest {
  /** Missing: an empty image. */
  readonly base?: (Pick<BaseImage, 'path' | 'format'> & { readonly clusterBytes?: number | undefined }) | undefined;
  readonly sizeBytes: bigint;
  readonly signal: AbortSignal | undefined;
}

/** A qcow2 image that has only differences from its base. The base's format is given, never probed. */
export async function createOverlay({ exec }: BackendContext, draft: string, request: OverlayRequest): Promise<void> {
  const { base, sizeBytes, signal } = request;
  const options = base
    ? [
        `backing_file=${base.path.replaceAll(',', ',,')}`,
        `backing_fmt=${base.format}`,
        ...(base.clusterBytes === undefined ? [] : [`cluster_size=${base.clusterBytes}`]),
      ]
    : [];
  await exec(
    'qemu-img',
    ['create', '-q', '-f', 'qcow2', ...(base ? ['-o', options.join(',')] : []), draft, `${sizeBytes}`],
    { signal, ...(base?.format === 'qcow2' ? { limits: UNTRUSTED } : {}) },
  );
}

export interface ConvertRequest {
  /** A path, or what else QEMU finds images by. */
  readonly from: string;
  readonly fromFormat: 'raw' | 'qcow2';
  readonly to: string;
  readonly toFormat: 'raw' | 'qcow2';
  readonly compress?: boolean;
  readonly signal: AbortSignal | undefined;
}

/** What a guest sees of an image, as another image that depends on nothing, with holes. Both formats are given, never probed. */
export async function convertImage({ exec }: BackendContext, request: ConvertRequest): Promise<void> {
  const { from, fromFormat, to, toFormat, compress = false, signal } = request;
  const flags = ['-q', ...(compress ? ['-c'] : []), '-f', fromFormat, '-O', toFormat];
  await exec('qemu-img', ['convert', ...flags, from, to], { signal, limits: CONVERT });
}

export interface ResizeRequest {
  readonly format: 'raw' | 'qcow2';
  readonly sizeBytes: bigint;
  readonly signal: AbortSignal | undefined;
}

/** Grows an image; QEMU's own locks refuse one that a guest has open. */
export async function resizeImage({ exec }: BackendContext, path: string, request: ResizeRequest): Promise<void> {
  const { format, sizeBytes, signal } = request;
  await exec('qemu-img', ['resize', '-q', '-f', format, path, `${sizeBytes}`], { signal });
}
