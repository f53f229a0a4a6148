import { ImageBackendError, type ImageBackendErrorCode } from '../errors.ts';
import type { ImageInspection } from './image-inspection.ts';

export interface ImageExpectations {
  /** Shown in errors: where the image comes from. */
  readonly name: string;
  readonly declaredFormat?: string | undefined;
  /** Ceiling of what a guest sees. */
  readonly maxVirtualBytes: bigint;
}

const FIXES = {
  FORMAT_MISMATCH: 'Declare the format that the image has, or give the image that was meant.',
  FORMAT_UNSUPPORTED:
    'Allowed are raw, qcow2 and iso: convert it with qemu-img convert on a machine where it may be opened.',
  UNSAFE_IMAGE: 'Give an image that is complete in itself, such as qemu-img convert writes.',
  NOT_AN_IMAGE: 'Give a complete disk image.',
  TOO_LARGE: 'Give a smaller image, or raise the limit.',
} as const satisfies Partial<Record<ImageBackendErrorCode, string>>;

/**
 * What tools and guests may open this image as. Throws `ImageBackendError` `FORMAT_MISMATCH`, `FORMAT_UNSUPPORTED`,
 * `UNSAFE_IMAGE`, `NOT_AN_IMAGE`, `TOO_LARGE`.
 */
export function checkImage(inspection: ImageInspection, expected: ImageExpectations): 'raw' | 'qcow2' {
  const { format, contents, hazards, virtualSize } = inspection;
  const { name, declaredFormat, maxVirtualBytes } = expected;
  const refuse = (code: keyof typeof FIXES, problem: string, fix: string = FIXES[code]) =>
    new ImageBackendError(code, `"${name}" ${problem}. ${fix}`, {
      name,
      format,
      ...(declaredFormat === undefined ? {} : { declaredFormat }),
      ...(hazards.length === 0 ? {} : { hazards: hazards.map(({ kind }) => kind) }),
    });
  const several = hazards.find(({ kind }) => kind === 'several-formats');
  if (several) throw refuse('UNSAFE_IMAGE', several.detail);
  if (contents === 'text') throw refuse('NOT_AN_IMAGE', 'begins with text: an error page or a script, not a disk');
  if (!isDeclared(inspection, declaredFormat)) {
    throw refuse('FORMAT_MISMATCH', `is declared as ${JSON.stringify(declaredFormat)} and is ${format}`);
  }
  if (format !== 'raw' && format !== 'qcow2' && format !== 'iso') {
    throw refuse('FORMAT_UNSUPPORTED', `is a ${format} image`);
  }
  const broken = hazards.find(({ kind }) => kind === 'malformed' || kind === 'corrupt');
  if (broken) throw refuse('NOT_AN_IMAGE', broken.detail);
  const [hazard] = hazards;
  if (hazard) throw refuse('UNSAFE_IMAGE', hazard.detail);
  if (declaredFormat === undefined && format === 'raw' && contents === undefined) {
    const fix = 'If these are the bytes of a disk, declare the format raw.';
    throw refuse('NOT_AN_IMAGE', 'has no partition table and no file system that is known', fix);
  }
  if (virtualSize > maxVirtualBytes) {
    throw refuse('TOO_LARGE', `shows ${virtualSize} bytes to a guest, where ${maxVirtualBytes} are allowed`);
  }
  return format === 'qcow2' ? 'qcow2' : 'raw';
}

/** An ISO that is to be a disk is raw bytes like any other. */
function isDeclared({ format }: ImageInspection, declared: string | undefined): boolean {
  return declared === undefined || declared === format || (declared === 'raw' && format === 'iso');
}
