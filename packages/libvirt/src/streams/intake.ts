import type { Flow } from './flow.ts';

/** What a sparse stream carries: bytes, or the length of a run of zeros that was not sent. */
export type Segment =
  | { readonly type: 'data'; readonly data: Uint8Array }
  | { readonly type: 'hole'; readonly lengthBytes: bigint };

/** Received segments on their way to a reader, who takes them when it likes. */
export interface Intake {
  add(segment: Segment): void;
  /** Nothing more will come. The reader gets what waits, then the end. */
  end(): void;
  /** The reader wants more. */
  wanted(): void;
  /** Received bytes that the reader has not asked for yet. */
  readonly waitingBytes: number;
}

export interface IntakeOptions {
  /** Hands something to the reader, `null` for the end; false: it wants no more until it says so. */
  readonly push: (piece: Uint8Array | Segment | null) => boolean;
  /** Stops and restarts what the daemon sends; without it everything is taken. */
  readonly flow?: Flow | undefined;
  /** Hands over segments as they are, instead of bytes. */
  readonly segments?: boolean | undefined;
}

/** A hole of any size is handed over in pieces of this size, when bytes are wanted. */
const ZEROS_BYTES = 262_144;

export function intake({ push, flow, segments = false }: IntakeOptions): Intake {
  let waiting: Segment[] = [];
  let waitingBytes = 0;
  let wanted = false;
  let ended = false;

  const take = (): Uint8Array | Segment | undefined => {
    const [first] = waiting;
    if (!first) return undefined;
    if (first.type === 'hole' && !segments) return zeros(first.lengthBytes);
    waiting.shift();
    if (first.type === 'data') waitingBytes -= first.data.length;
    return segments || first.type === 'hole' ? first : first.data;
  };
  const zeros = (lengthBytes: bigint) => {
    const bytes = Number(lengthBytes < ZEROS_BYTES ? lengthBytes : BigInt(ZEROS_BYTES));
    const rest = lengthBytes - BigInt(bytes);
    if (rest > 0n) waiting[0] = { type: 'hole', lengthBytes: rest };
    else waiting.shift();
    return Buffer.alloc(bytes);
  };
  const drain = () => {
    while (wanted) {
      const piece = take();
      if (!piece) break;
      wanted = push(piece);
    }
    if (waiting.length > 0) flow?.pause();
    else flow?.resume();
    if (ended && waiting.length === 0) push(null);
  };

  return {
    add(segment) {
      if (segment.type === 'data') waitingBytes += segment.data.length;
      // The usual case costs no queue: the reader waits for just this.
      waiting.push(segment);
      drain();
    },
    end() {
      ended = true;
      drain();
      // What the daemon says about the stream's end is still to be read.
      flow?.resume();
    },
    wanted() {
      wanted = true;
      drain();
    },
    get waitingBytes() {
      return waitingBytes;
    },
  };
}
