import { isAbsolute } from 'node:path';
import { ImageBackendError } from '../errors.ts';
import type { ExtractDiskRequest } from '../image-backend.ts';
import type { BackendContext } from './backend-options.ts';
import { makeDisk } from './new-disk.ts';
import type { QemuKey } from './luks.ts';
import { convertImage } from './qemu-img.ts';

/**
 * What a guest sees of a disk as a file of its own. `from` is how qemu-img finds the disk, whose format is given, never
 * probed. Throws `ImageBackendError` `INVALID_REQUEST`, `DISK_EXISTS`, and what `makeDisk` throws.
 */
export async function extractDisk(
  context: Pick<BackendContext, 'exec'>,
  from: { readonly name: string; readonly format: 'raw' | 'qcow2'; readonly key?: QemuKey | undefined },
  { target, format, compress = false, signal }: Omit<ExtractDiskRequest, 'disk'>,
): Promise<void> {
  if (!isAbsolute(target)) {
    throw new ImageBackendError('INVALID_REQUEST', `The target "${target}" must be an absolute path`, { target });
  }
  if (compress && format !== 'qcow2') {
    throw new ImageBackendError('INVALID_REQUEST', `A ${format} file cannot be compressed; give qcow2`, { format });
  }
  await makeDisk(target, signal, (draft) =>
    convertImage(context, {
      from: from.name,
      fromFormat: from.format,
      key: from.key,
      to: draft,
      toFormat: format,
      compress,
      signal,
    }),
  );
}
