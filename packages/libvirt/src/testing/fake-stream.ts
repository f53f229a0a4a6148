import { NetMessageStatus, NetMessageType } from '../generated/enums.gen.ts';
import { encodeFrame, encodeHead, type Header } from '../wire/frame.ts';
import { errorCodec } from '../wire/server-error.ts';
import { errorBody } from './daemon-error.ts';

/** The daemon's side of a stream. The client's end and abort are confirmed, as libvirt confirms them. */
export interface FakeStream {
  send(data: Uint8Array | string): void;
  /** No more data. */
  end(): void;
  /** The stream fails; a `DaemonError` says how. */
  fail(error: Error): void;
  /** Every byte that the client has sent so far. */
  readonly received: Buffer;
  /** Resolves when the client ends the stream, and says how. `onFinish` decides whether `finish` is confirmed. */
  readonly ended: Promise<'finish' | 'abort'>;
  /** Called before the client's `finish` is confirmed; what it throws is sent instead. */
  onFinish: (() => void | Promise<void>) | undefined;
}

/** A stream, and what its connection hands to it. */
export interface FakeStreamSide extends FakeStream {
  packet(status: number, payload: Uint8Array): Promise<void>;
}

/** The stream of one call: `header` is the call's, `write` sends to its client. */
export function fakeStream(header: Header, write: (bytes: Uint8Array) => void): FakeStreamSide {
  const chunks: Buffer[] = [];
  const ended = Promise.withResolvers<'finish' | 'abort'>();
  const packet = (status: NetMessageStatus, data: Uint8Array = new Uint8Array()) => {
    write(Buffer.concat([encodeHead({ ...header, type: NetMessageType.STREAM, status }, data.length), data]));
  };
  const fail = (error: unknown) => {
    const head = { ...header, type: NetMessageType.STREAM, status: NetMessageStatus.ERROR };
    write(encodeFrame(head, errorCodec, errorBody(error)));
  };

  const confirm = async (how: 'finish' | 'abort') => {
    try {
      if (how === 'finish') await stream.onFinish?.();
      packet(NetMessageStatus.OK);
    } catch (error) {
      fail(error);
    }
    ended.resolve(how);
  };
  const stream: FakeStreamSide = {
    send: (data) => packet(NetMessageStatus.CONTINUE, Buffer.from(data)),
    end: () => packet(NetMessageStatus.CONTINUE),
    fail,
    get received() {
      return Buffer.concat(chunks);
    },
    ended: ended.promise,
    onFinish: undefined,
    async packet(status, payload) {
      if (status === NetMessageStatus.CONTINUE) chunks.push(Buffer.from(payload));
      else await confirm(status === NetMessageStatus.OK ? 'finish' : 'abort');
    },
  };
  return stream;
}
