import { decodeFrame, type Frame, frameLength } from './frame.ts';

const LENGTH_BYTES = 4;

/**
 * Cuts a stream of bytes into frames, which it hands over in order. A frame within one chunk is not copied; one that spans
 * chunks is joined once, when its last byte is there, so a length alone allocates nothing. The byte that travels with each
 * file descriptor is skipped. The returned function throws `ProtocolError` `MALFORMED`, after which nothing can be read.
 */
export function frameSplitter(onFrame: (frame: Frame) => void): (chunk: Uint8Array) => void {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  /** Until the length word is there, just that word. */
  let wantedBytes = LENGTH_BYTES;
  let skipBytes = 0;

  const emit = (bytes: Uint8Array) => {
    const frame = decodeFrame(bytes);
    skipBytes = frame.fdCount;
    onFrame(frame);
  };

  /** Adds to what is held, up to what is wanted, and answers how much it took. */
  const hold = (bytes: Uint8Array): number => {
    const taken = bytes.subarray(0, wantedBytes - heldBytes);
    held.push(taken);
    heldBytes += taken.length;
    if (heldBytes < wantedBytes) return taken.length;
    const joined = held.length === 1 ? taken : Buffer.concat(held, heldBytes);
    if (wantedBytes === LENGTH_BYTES) {
      held = [joined];
      wantedBytes = frameLength(joined);
    } else {
      held = [];
      heldBytes = 0;
      wantedBytes = LENGTH_BYTES;
      emit(joined);
    }
    return taken.length;
  };

  return (chunk) => {
    let rest = chunk;
    while (rest.length > 0) {
      if (skipBytes > 0) {
        const skipped = Math.min(skipBytes, rest.length);
        skipBytes -= skipped;
        rest = rest.subarray(skipped);
        continue;
      }
      const whole = heldBytes === 0 && rest.length >= LENGTH_BYTES ? frameLength(rest) : undefined;
      if (whole !== undefined && rest.length >= whole) {
        const frame = rest.subarray(0, whole);
        rest = rest.subarray(whole);
        emit(frame);
      } else {
        rest = rest.subarray(hold(rest));
      }
    }
  };
}
