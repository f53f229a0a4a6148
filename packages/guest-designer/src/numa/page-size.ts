import { DesignerError } from '../errors.ts';
import { invalidExtraSpec } from '../wish.ts';
import type { NumaPolicy, PageSizeWish } from './topology-wish.ts';

const key = 'hw:mem_page_size';

/**
 * The memory pages that flavor (`hw:mem_page_size`) and image want: the image may choose only where the flavor leaves it
 * open (`any`, `large`). Follows Nova's `_get_numa_pagesize_constraint`. Throws `INVALID_EXTRA_SPEC`, `FLAVOR_IMAGE_CONFLICT`.
 */
export function wishedPageSize({ flavor, image }: NumaPolicy): PageSizeWish | undefined {
  const ofFlavor = flavor.extraSpecs[key] || undefined;
  const ofImage = image.hwMemPageSize || undefined;
  const wish = ofFlavor === undefined ? undefined : readPageSize(ofFlavor);
  if (ofImage === undefined) return wish;
  if (wish === 'any' || wish === 'large') return readPageSize(ofImage);
  const message = `The image wishes for memory pages of "${ofImage}", which the flavor does not leave open: it says "${ofFlavor ?? ''}".`;
  const fix = `Set ${key} of the flavor to any or large, or remove hw_mem_page_size from the image.`;
  throw new DesignerError('FLAVOR_IMAGE_CONFLICT', message, {
    context: { key, flavor: ofFlavor, image: ofImage },
    fix,
  });
}

/** KiB without a unit; with one, powers of 1024 (`2MB`, `1GiB`), in bits where it ends in `b` or `bit`. */
function readPageSize(text: string): PageSizeWish {
  if (text === 'small' || text === 'large' || text === 'any') return text;
  const sizeKiB = /^\d+$/.test(text) ? Number(text) : bytesOf(text) / 1024;
  if (Number.isSafeInteger(sizeKiB) && sizeKiB > 0) return sizeKiB;
  throw invalidExtraSpec(key, text, 'small, large, any, or a size such as 2048 (KiB), 2MB or 1GB');
}

function bytesOf(text: string): number {
  const [, digits, prefix = ' ', unit] = /^(\d*\.?\d+)(?:([KMGT])i?)?(b|bit|B)$/.exec(text) ?? [];
  return (Number(digits) * 1024 ** ' KMGT'.indexOf(prefix)) / (unit === 'B' ? 1 : 8);
}
