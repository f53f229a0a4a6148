import { ConfigDriveError } from './errors.ts';

/** Directory levels that a reader follows; drives have fewer, a loop in a broken image has more. */
export const maxReadDepth = 32;
/** Entries that a reader accepts in one image. */
export const maxReadEntries = 100_000;

/** The bytes of a range, which must lie inside the image. Throws UNREADABLE_DRIVE. */
export function slice(image: Buffer, offset: number, length: number): Buffer {
  if (offset < 0 || length < 0 || offset + length > image.length) {
    throw unreadable(`bytes ${offset} to ${offset + length} are needed, the image has ${image.length}`);
  }
  return image.subarray(offset, offset + length);
}

/** The error of both readers. */
export function unreadable(what: string): ConfigDriveError {
  return new ConfigDriveError(
    'UNREADABLE_DRIVE',
    `Cannot read a config drive: ${what}. Give an image made by buildConfigDrive or by Nova.`,
    { what },
  );
}
