import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ErrorDomain,
  ErrorLevel,
  ErrorNumber,
  NetMessageStatus,
  NetMessageType,
} from '../../../../packages/libvirt/src/generated/enums.gen.ts';
import { decodeFrame, encodeFrame, type Frame } from '../../../../packages/libvirt/src/wire/frame.ts';
import { errorCodec } from '../../../../packages/libvirt/src/wire/server-error.ts';

/** What happens to a call: the daemon never sees it and it is refused; or it does, and its answer is lost. */
export type CallFate = 'pass' | 'refuse' | 'lose the answer';

/** A socket that leads to a daemon, except for the calls that somebody decides otherwise about. */
export interface FaultProxy extends AsyncDisposable {
  readonly path: string;
}

/** Starts a {@link FaultProxy}; `decide` is asked once per call, in their order, with the number of its procedure. */
export async function faultProxy(target: string, decide: (procedure: number) => CallFate): Promise<FaultProxy> {
  const directory = await mkdtemp(join(tmpdir(), 'fault-proxy-'));
  const path = join(directory, 'sock');
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const daemon = createConnection(target);
    const lost = new Set<number>();
    onFrames(client, (frame, bytes) => {
      const fate = frame.type === NetMessageType.CALL ? decide(frame.procedure) : 'pass';
      if (fate === 'refuse') return client.write(refusal(frame));
      if (fate === 'lose the answer') lost.add(frame.serial);
      return daemon.write(bytes);
    });
    onFrames(daemon, (frame, bytes) => {
      if (frame.type === NetMessageType.REPLY && lost.delete(frame.serial)) return;
      client.write(bytes);
    });
    for (const [one, other] of [
      [client, daemon],
      [daemon, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => {}).on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    path,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Hands over whole frames, and the bytes that they came in. */
function onFrames(socket: Socket, take: (frame: Frame, bytes: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= rest.readUInt32BE(0)) {
      const bytes = rest.subarray(0, rest.readUInt32BE(0));
      rest = rest.subarray(bytes.length);
      take(decodeFrame(bytes), bytes);
    }
  });
}

function refusal({ program, version, procedure, serial }: Frame): Uint8Array {
  const head = { program, version, procedure, serial, type: NetMessageType.REPLY, status: NetMessageStatus.ERROR };
  const message = 'injected on the way to the daemon';
  return encodeFrame(head, errorCodec, {
    code: ErrorNumber.INTERNAL_ERROR,
    domain: ErrorDomain.RPC,
    level: ErrorLevel.ERROR,
    message,
    str1: '%s',
    str2: message,
    int1: -1,
    int2: -1,
  });
}
