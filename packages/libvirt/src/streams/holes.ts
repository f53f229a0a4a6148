import type { PacketStream } from '../client/rpc-client.ts';
import type { Segment } from './intake.ts';

/** Zeros are looked for in blocks of this size, which is what file systems leave out. */
const BLOCK_BYTES = 4096;
const ZEROS = Buffer.alloc(BLOCK_BYTES);

/** The bytes of a chunk as runs of data and of zeros. Data is not copied. */
export function segmentsOf(chunk: Uint8Array): Segment[] {
  const segments: Segment[] = [];
  let start = 0;
  let zero = isZero(chunk, 0);
  const cut = (end: number) => {
    if (end === start) return;
    if (zero) segments.push({ type: 'hole', lengthBytes: BigInt(end - start) });
    else segments.push({ type: 'data', data: chunk.subarray(start, end) });
    start = end;
  };
  for (let at = BLOCK_BYTES; at < chunk.length; at += BLOCK_BYTES) {
    if (isZero(chunk, at) === zero) continue;
    cut(at);
    zero = !zero;
  }
  cut(chunk.length);
  return segments;
}

/** Sends zeros as holes. One at the end is sent, too: without it a file would stay short. */
export function sparseSender(packets: Pick<PacketStream, 'send' | 'sendHole' | 'finish'>) {
  let holeBytes = 0n;
  const flush = async () => {
    const length = holeBytes;
    holeBytes = 0n;
    if (length > 0n) await packets.sendHole(length);
  };
  return {
    async send(chunk: Uint8Array): Promise<void> {
      for (const segment of segmentsOf(chunk)) {
        if (segment.type === 'hole') {
          holeBytes += segment.lengthBytes;
        } else {
          await flush();
          await packets.send(segment.data);
        }
      }
    },
    async finish(): Promise<void> {
      await flush();
      await packets.finish();
    },
  };
}

function isZero(chunk: Uint8Array, at: number): boolean {
  const end = Math.min(at + BLOCK_BYTES, chunk.length);
  return ZEROS.compare(chunk, at, end, 0, end - at) === 0;
}
