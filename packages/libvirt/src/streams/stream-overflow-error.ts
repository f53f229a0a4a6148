/** The daemon sent faster than the reader read, and more than the stream's buffer holds. */
export class StreamOverflowError extends Error {
  override readonly name = 'StreamOverflowError';
  readonly code = 'STREAM_OVERFLOW';
  readonly context: { readonly limitBytes: number };

  constructor(limitBytes: number) {
    super(
      `More than ${limitBytes} received bytes waited for the stream's reader, and libvirt's protocol cannot slow ` +
        'a daemon down. Read faster, raise bufferLimitBytes, or ask for less at a time (offset, length)',
    );
    this.context = { limitBytes };
  }
}
