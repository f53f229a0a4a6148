import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventMessage } from '../client/procedure.ts';
import { AuthType } from '../generated/enums.gen.ts';
import type { ProcedureName } from '../procedure-name.ts';
import { type Answers, type ArgsOf, findProcedures, type NamedProcedure } from './answers.ts';
import { DaemonError } from './daemon-error.ts';
import { type FakeSession, fakeSession } from './fake-session.ts';
import type { FakeStream } from './fake-stream.ts';
import { type EventBody, eventMessages, type Registration } from './registrations.ts';

export interface FakeDaemonOptions {
  /** The release it claims, `major * 1e6 + minor * 1e3 + micro`; default 9.0.0. */
  readonly libVersion?: number | undefined;
  /** Writes are cut into pieces of so many bytes, to show that nobody depends on whole frames. */
  readonly splitBytes?: number | undefined;
  /** Called before a call is answered, connecting and registering included: what it throws is the answer. */
  readonly before?: ((call: ReceivedCall) => void | Promise<void>) | undefined;
}

/** One call that a fake daemon has received. */
export interface ReceivedCall<Name extends ProcedureName = ProcedureName> {
  readonly name: Name;
  readonly args: ArgsOf<Name>;
}

/**
 * A daemon made of answers, on a socket in a temporary directory, speaking libvirt's protocol. It does what a client
 * needs to connect, and registers for events; everything else is in `answers`. Leaving its scope ends it.
 */
export interface FakeDaemon extends AsyncDisposable {
  /** For `connect`. */
  readonly uri: string;
  /** What clients have asked for, connecting included, in order. */
  readonly calls: readonly ReceivedCall[];
  /** The arguments of the calls of one procedure. */
  callsOf<Name extends ProcedureName>(name: Name): ArgsOf<Name>[];
  /** How many are connected now. */
  readonly clients: number;
  /** Who is registered for events now. */
  readonly registrations: readonly Registration[];
  /** Sends an event to everybody who is registered for its kind; filters by object are not looked at. */
  emit<Of extends keyof typeof eventMessages, Kind extends keyof (typeof eventMessages)[Of] & string>(
    object: Of,
    kind: Kind,
    body: EventBody<Of, Kind>,
  ): void;
  /** Sends an event to every client with this callback id, whoever has it: for early, late and stray messages. */
  emitTo<Of extends keyof typeof eventMessages, Kind extends keyof (typeof eventMessages)[Of] & string>(
    object: Of,
    kind: Kind,
    callbackID: number,
    body: EventBody<Of, Kind>,
  ): void;
  /** Ends every connection, as a daemon does that dies. New clients may connect. */
  disconnect(): void;
}

/** Starts a {@link FakeDaemon}. */
export async function fakeDaemon(answers: Answers = {}, options: FakeDaemonOptions = {}): Promise<FakeDaemon> {
  const { libVersion = 9_000_000, splitBytes = Number.POSITIVE_INFINITY, before } = options;
  const find = await findProcedures();
  const directory = await mkdtemp(join(tmpdir(), 'fake-libvirt-'));
  const path = join(directory, 'sock');
  const sessions = new Set<FakeSession>();
  const calls: ReceivedCall[] = [];
  const table = { ...greetings(libVersion), ...answers };

  const answer = async (procedure: NamedProcedure, args: unknown, session: FakeSession, stream: FakeStream) => {
    const { name } = procedure;
    const call = { name, args } as ReceivedCall;
    calls.push(call);
    await before?.(call);
    // Name and arguments belong together by construction, which the compiler cannot see through the union.
    const given = table[name] as ((args: unknown, stream: FakeStream) => unknown) | undefined;
    if (given) return given(args, stream);
    const registered = session.registrations.answer(name, args);
    if (registered) return registered;
    throw new DaemonError('RPC', `unknown procedure: ${procedure.number} (the fake daemon has no answer for ${name})`);
  };
  const server = createServer((socket) => {
    const session = fakeSession(socket, { find, answer, splitBytes });
    sessions.add(session);
    socket.on('close', () => sessions.delete(session));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });

  const disconnect = () => {
    for (const session of sessions) session.destroy();
  };
  return {
    uri: `test+unix:///default?socket=${encodeURIComponent(path)}`,
    calls,
    callsOf: <Name extends ProcedureName>(name: Name) =>
      calls.filter((call) => call.name === name).map((call) => call.args as ArgsOf<Name>),
    get clients() {
      return sessions.size;
    },
    get registrations() {
      return [...sessions].flatMap((session) => session.registrations.all);
    },
    emit(object, kind, body) {
      const message = messageOf(object, kind);
      for (const session of sessions) {
        for (const { object: wanted, eventID, callbackID } of session.registrations.all) {
          if (wanted === object && eventID === message.id) session.send(message, { ...body, callbackID });
        }
      }
    },
    emitTo(object, kind, callbackID, body) {
      for (const session of sessions) session.send(messageOf(object, kind), { ...body, callbackID });
    },
    disconnect,
    async [Symbol.asyncDispose]() {
      disconnect();
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** What every client asks for to connect. */
function greetings(libVersion: number): Answers {
  return {
    authList: () => ({ types: [AuthType.NONE] }),
    connectSupportsFeature: () => ({ supported: 1 }),
    connectOpen: () => undefined,
    connectGetLibVersion: () => ({ libVer: BigInt(libVersion) }),
    connectGetUri: () => ({ uri: 'test:///default' }),
    connectClose: () => undefined,
  };
}

function messageOf(object: keyof typeof eventMessages, kind: string): EventMessage<unknown> {
  const messages: Readonly<Record<string, unknown>> = eventMessages[object];
  // The kinds of an object are the keys of its table.
  return messages[kind] as EventMessage<unknown>;
}
