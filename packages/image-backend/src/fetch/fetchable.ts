import type { Checksum } from '../checksum.ts';

/** A source whose bytes can be had. */
export interface Fetchable {
  /** For people and errors: without secrets. */
  readonly name: string;
  readonly checksum?: Checksum | undefined;
  /** Names its content as well as can be told without reading it. */
  contentId(): Promise<string>;
  /** Throws `ImageBackendError` `SOURCE_UNREADABLE`, or the signal's reason; so do the chunks. */
  open(signal: AbortSignal | undefined): Promise<OpenSource>;
}

/** A source that is being read. Disposed on every path. */
export interface OpenSource extends AsyncDisposable {
  /** What the source itself says that its bytes hash to. */
  readonly checksum?: Checksum | undefined;
  /** What the source itself calls its format. */
  readonly declaredFormat?: string | undefined;
  readonly totalBytes?: bigint | undefined;
  /** Bytes that a copy will take of a file system, if that is known. */
  readonly storedBytes?: bigint | undefined;
  /** To be read once. A chunk is valid until the next one is asked for. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Makes a copy that shares the source's blocks; false where that cannot be. */
  clone?(path: string): Promise<boolean>;
  /** Throws when the source is no longer what was opened. */
  checkUnchanged?(): Promise<void>;
}
