import { LibvirtError, ProtocolError } from '../src/errors.ts';
import { NetMessageStatus, NetMessageType } from '../src/generated/enums.gen.ts';
import * as events from '../src/generated/events.gen.ts';
import { procedureTable } from '../src/generated/procedure-table.gen.ts';
import { recordedReplies } from '../src/testing/recorded-replies.gen.ts';
import { encodeFrame, encodeHead, type Frame, type Header } from '../src/wire/frame.ts';
import { frameSplitter } from '../src/wire/frame-splitter.ts';
import { errorCodec, serverError } from '../src/wire/server-error.ts';
import { decodeBody, type XdrCodec } from '../src/xdr/codec.ts';

export interface FuzzOptions {
  readonly count: number;
  readonly seed: number;
  /** What is done with each frame; default what a connection does. */
  readonly read?: (frame: Frame) => void;
}

/** What a run has seen. */
export interface FuzzReport {
  readonly frames: number;
  /** Frames that were read in spite of what had been done to them, and those that were refused. */
  readonly read: number;
  readonly refused: number;
}

type Decode = (payload: Uint8Array) => unknown;

const procedures = Object.values(procedureTable);
const replies = new Map<string, Decode>(
  procedures.map((one) => [
    `${one.program}/${one.number}`,
    (payload) => decodeBody(one.ret as XdrCodec<unknown>, payload),
  ]),
);
const messages = new Map<string, Decode>(
  Object.values(events).flatMap((one) =>
    'codec' in one
      ? [[`${one.program}/${one.number}`, (payload) => decodeBody(one.codec as XdrCodec<unknown>, payload)] as const]
      : [],
  ),
);

/**
 * Sends `count` frames through the splitter and the decoders, each after it was damaged in one of a dozen ways and cut into
 * pieces. Anything but a value or a typed error is thrown, with the seed that brings it back.
 */
export function fuzz({ count, seed, read = readFrame }: FuzzOptions): FuzzReport {
  const corpus = corpusFrames();
  const random = mulberry32(seed);
  const report = { frames: 0, read: 0, refused: 0 };
  for (let index = 0; index < count; index++) {
    const at = random.state();
    const bytes = damaged(corpus[random.below(corpus.length)] ?? Buffer.alloc(0), corpus, random);
    try {
      report.frames++;
      if (readAll(bytes, random, read)) report.read++;
      else report.refused++;
    } catch (error) {
      throw new Error(`Seed ${at} breaks the decoder with ${bytes.toString('hex').slice(0, 400)}`, { cause: error });
    }
  }
  return report;
}

/** Whether everything made sense. */
function readAll(bytes: Uint8Array, random: Random, read: (frame: Frame) => void): boolean {
  let sense = true;
  const push = frameSplitter((frame) => {
    sense = understood(() => read(frame)) && sense;
  });
  return understood(() => pieces(bytes, random).forEach(push)) && sense;
}

function understood(act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof LibvirtError) return false;
    throw error;
  }
}

/** As a connection reads a frame, whichever call it answers. */
function readFrame({ program, procedure, type, status, payload }: Frame): void {
  const key = `${program}/${procedure}`;
  if (status === NetMessageStatus.ERROR) serverError(payload, { procedure: 'any', args: undefined, site: {} });
  else if (type === NetMessageType.MESSAGE) messages.get(key)?.(payload);
  else if (type === NetMessageType.REPLY || type === NetMessageType.REPLY_WITH_FDS) replies.get(key)?.(payload);
}

/** Recorded replies, an error, stream packets, and one message of each event with nothing in it. */
function corpusFrames(): readonly Buffer[] {
  const head: Header = {
    program: 0x20008086,
    version: 1,
    procedure: 1,
    type: NetMessageType.REPLY,
    serial: 7,
    status: 0,
  };
  const raw = (header: Header, payload: Uint8Array) => Buffer.concat([encodeHead(header, payload.length), payload]);
  const recorded = Object.entries(recordedReplies).map(([name, body]) => {
    const { program, number } = procedureTable[name as keyof typeof procedureTable];
    return raw({ ...head, program, procedure: number }, Buffer.from(body, 'base64'));
  });
  const report = { code: 42, domain: 10, message: 'no domain', level: 2, str1: '%s', str2: 'x', int1: -1, int2: -1 };
  const stream = { ...head, procedure: 209, type: NetMessageType.STREAM, status: NetMessageStatus.CONTINUE };
  return [
    ...recorded,
    Buffer.from(encodeFrame({ ...head, status: NetMessageStatus.ERROR }, errorCodec, report)),
    raw(stream, Buffer.alloc(300, 'stream')),
    raw({ ...stream, type: NetMessageType.STREAM_HOLE }, Buffer.from('000000000000100000000000', 'hex')),
    raw({ ...head, type: NetMessageType.REPLY_WITH_FDS }, Buffer.from('0000000200000000', 'hex')),
    ...[...messages.keys()].map((key) => {
      const [program, procedure] = key.split('/').map(Number);
      const message = { ...head, program: program ?? 0, procedure: procedure ?? 0, type: NetMessageType.MESSAGE };
      return raw(message, Buffer.alloc(64));
    }),
  ];
}

const WORDS = [
  0, 1, 2, 3, 7, 0xff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x0100_0000, 4_194_304, 33_554_436, 33_554_437,
];

function damaged(frame: Buffer, corpus: readonly Buffer[], random: Random): Buffer {
  let bytes: Buffer = Buffer.from(frame);
  for (let times = 1 + random.below(3); times > 0; times--) {
    const at = random.below(Math.max(1, bytes.length));
    const word = random.below(Math.max(1, bytes.length >> 2)) * 4;
    switch (random.below(9)) {
      case 0: // Nothing at all.
        break;
      case 1:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
        break;
      case 2: // A length or a number, more or less.
        if (word + 4 <= bytes.length) bytes.writeUInt32BE((bytes.readUInt32BE(word) + random.below(9) - 4) >>> 0, word);
        break;
      case 3:
        if (word + 4 <= bytes.length) bytes.writeUInt32BE(WORDS[random.below(WORDS.length)] ?? 0, word);
        break;
      case 4:
        bytes = bytes.subarray(0, at);
        break;
      case 5: // Shorter, and says so.
        bytes = withLength(bytes.subarray(0, Math.max(28, word)));
        break;
      case 6: // Longer, and says so.
        bytes = withLength(Buffer.concat([bytes, Buffer.alloc(random.below(40), random.below(256))]));
        break;
      case 7: // The end of another frame.
        bytes = withLength(
          Buffer.concat([bytes.subarray(0, at), (corpus[random.below(corpus.length)] ?? bytes).subarray(at)]),
        );
        break;
      default:
        bytes = Buffer.concat([bytes, corpus[random.below(corpus.length)] ?? bytes]);
    }
  }
  return bytes;
}

function withLength(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  if (copy.length >= 4) copy.writeUInt32BE(copy.length, 0);
  return copy;
}

function pieces(bytes: Uint8Array, random: Random): Uint8Array[] {
  const cuts = random.below(4);
  if (cuts === 0) return [bytes];
  const size = 1 + random.below(Math.max(1, bytes.length));
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}

interface Random {
  below(limit: number): number;
  /** A seed from which the same numbers come again. */
  state(): number;
}

/** Numbers that depend on nothing but the seed. */
function mulberry32(seed: number): Random {
  let state = seed >>> 0;
  return {
    state: () => state,
    below(limit) {
      state = (state + 0x6d2b_79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
    },
  };
}
