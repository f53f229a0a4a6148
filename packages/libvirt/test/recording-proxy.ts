import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DomainEventType, NetMessageType } from '../src/generated/enums.gen.ts';
import { domainEvents, eventClasses } from '../src/generated/events.gen.ts';
import { nameOf } from '../src/objects/names.ts';
import type { Frame } from '../src/wire/frame.ts';
import { frameSplitter } from '../src/wire/frame-splitter.ts';
import { decodeBody } from '../src/xdr/codec.ts';

/** What a daemon sent of lifecycle events, seen on the wire. */
export interface RecordingProxy extends AsyncDisposable {
  /** The socket to connect to. */
  readonly path: string;
  /** `EVENT name` in the order in which they came, by callback id. */
  readonly eventsById: ReadonlyMap<number, readonly string[]>;
  /** How many callback ids had an event before the reply that told them. */
  early(): number;
}

/** A socket that leads to another one, and notes what comes back. */
export async function recordingProxy(target: string): Promise<RecordingProxy> {
  const directory = await mkdtemp(join(tmpdir(), 'libvirt-proxy-'));
  const path = join(directory, 'sock');
  const eventsById = new Map<number, string[]>();
  const told = new Set<number>();
  const early = new Set<number>();
  const sockets = new Set<Socket>();

  const note = ({ type, procedure, payload, status }: Frame) => {
    const { number, codec } = domainEvents.lifecycle;
    if (type === NetMessageType.MESSAGE && procedure === number) {
      const { callbackID, msg } = decodeBody(codec, payload);
      if (!told.has(callbackID)) early.add(callbackID);
      const events = eventsById.get(callbackID) ?? [];
      eventsById.set(callbackID, events);
      events.push(`${nameOf(DomainEventType, msg.event)} ${msg.dom.name}`);
    }
    const { register } = eventClasses.domain;
    if (type === NetMessageType.REPLY && procedure === register.number && status === 0) {
      told.add(decodeBody(register.ret, payload).callbackID);
    }
  };
  const server = createServer((client) => {
    const daemon = createConnection(target);
    const push = frameSplitter(note);
    daemon.on('data', push);
    daemon.pipe(client).pipe(daemon);
    for (const socket of [client, daemon]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    path,
    eventsById,
    early: () => early.size,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true, force: true });
    },
  };
}
