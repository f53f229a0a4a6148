import { decodeFrame, type Frame, frameLength, MIN_FRAME_BYTES, streamDataHead } from './frame.ts';

const LENGTH_BYTES = 4;

/**
 * Cuts a stream of bytes into frames, which it hands over in order. A frame within one chunk is not copied; one that spans
 * chunks is joined once, when its last byte is there, so a length alone allocates nothing. A packet of stream data that
 * spans chunks is not joined at all, but handed over as several, since its bytes mean the same in pieces. The byte that
 * travels with each file descriptor is skipped. The returned function throws `ProtocolError` `MALFORMED`, after which
 * nothing can be read.
 */
export function frameSplitter(onFrame: (frame: Frame) => void): (chunk: Uint8Array) => void {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  /** The length word, then the head, then the whole frame. */
  let wantedBytes = LENGTH_BYTES;
  let frameBytes = 0;
  let skipBytes = 0;
  let piecemeal: Frame | undefined;
  let piecemealBytes = 0;

  const emit = (bytes: Uint8Array) => {
    const frame = decodeFrame(bytes);
    skipBytes = frame.fdCount;
    onFrame(frame);
  };
  const release = () => {
    held = [];
    heldBytes = 0;
    wantedBytes = LENGTH_BYTES;
  };

  /** Adds to what is held, up to what is wanted, and answers how much it took. */
  const hold = (bytes: Uint8Array): number => {
    const taken = bytes.subarray(0, wantedBytes - heldBytes);
    held.push(taken);
    heldBytes += taken.length;
    if (heldBytes === wantedBytes) next(held.length === 1 ? taken : Buffer.concat(held, heldBytes));
    return taken.length;
  };
  const next = (joined: Uint8Array) => {
    held = [joined];
    if (wantedBytes === LENGTH_BYTES) {
      frameBytes = frameLength(joined);
      wantedBytes = MIN_FRAME_BYTES;
    } else if (wantedBytes < frameBytes) {
      wantedBytes = frameBytes;
      if (startPiecemeal(joined, frameBytes)) release();
    } else {
      release();
      emit(joined);
    }
  };

  const startPiecemeal = (head: Uint8Array, length: number): boolean => {
    piecemeal = streamDataHead(head);
    piecemealBytes = length - MIN_FRAME_BYTES;
    return piecemeal !== undefined;
  };
  const pass = (frame: Frame, bytes: Uint8Array): number => {
    const payload = bytes.subarray(0, piecemealBytes);
    piecemealBytes -= payload.length;
    if (piecemealBytes === 0) piecemeal = undefined;
    onFrame({ ...frame, payload });
    return payload.length;
  };

  /** Takes what it can from the beginning of a frame, and answers how much that is. */
  const begin = (bytes: Uint8Array): number => {
    const length = frameLength(bytes);
    if (bytes.length >= length) {
      emit(bytes.subarray(0, length));
      return length;
    }
    return startPiecemeal(bytes, length) ? MIN_FRAME_BYTES : hold(bytes);
  };
  const skip = (bytes: Uint8Array): number => {
    const skipped = Math.min(skipBytes, bytes.length);
    skipBytes -= skipped;
    return skipped;
  };

  return (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      const rest = at === 0 ? chunk : chunk.subarray(at);
      if (skipBytes > 0) at += skip(rest);
      else if (piecemeal) at += pass(piecemeal, rest);
      else at += heldBytes === 0 && rest.length >= MIN_FRAME_BYTES ? begin(rest) : hold(rest);
    }
  };
}
