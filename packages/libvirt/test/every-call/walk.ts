import type { Procedure } from '../../src/client/procedure.ts';
import type { RpcClient } from '../../src/client/rpc-client.ts';
import { LibvirtError, UnsupportedError } from '../../src/errors.ts';
import { procedureTable } from '../../src/generated/procedure-table.gen.ts';
import { duplexOver } from '../../src/streams/duplex.ts';
import type { ArgsOf, RetOf } from '../../src/testing/answers.ts';
import type { ProcedureName } from '../../src/procedure-name.ts';
import { empty } from '../../src/xdr/codec.ts';

/**
 * How a call of the protocol went: `ok`; `newer` than the daemon; `host`: not made, because it would change the host; or
 * the code with which the driver refused it.
 */
export type Outcome = 'ok' | 'newer' | 'host' | (string & {});

/** Makes calls and notes how they went. What a daemon says is decoded to its last byte, or the walk fails. */
export interface Walk {
  readonly outcomes: Map<ProcedureName, Outcome>;
  /** Makes a call, and answers undefined when it is refused. Success is what counts when a name comes several times. */
  readonly call: <Name extends ProcedureName>(name: Name, args: ArgsOf<Name>) => Promise<RetOf<Name> | undefined>;
  /** As `call`, for calls with the same arguments. */
  readonly calls: <Args>(names: readonly NameWith<Args>[], args: Args) => Promise<void>;
  /** As `call`, for one that opens a stream; the stream is read for a moment and given up, or ended when `send` is given. */
  readonly stream: <Name extends ProcedureName>(name: Name, args: ArgsOf<Name>, send?: Uint8Array) => Promise<void>;
  /** Notes calls that are not made. */
  readonly leaveOut: (names: readonly ProcedureName[]) => void;
}

/** Names of the calls that take such arguments. */
type NameWith<Args> = { [Name in ProcedureName]: Args extends ArgsOf<Name> ? Name : never }[ProcedureName];

/** A walk over the calls of one connection, whose outcomes may be those of an earlier one, too. */
export function walk(client: RpcClient, libVersion: number, outcomes: Map<ProcedureName, Outcome> = new Map()): Walk {
  const note = (name: ProcedureName, outcome: Outcome) => {
    if (outcomes.get(name) !== 'ok') outcomes.set(name, outcome);
  };
  const attempt = async <T>(name: ProcedureName, make: () => Promise<T>): Promise<T | undefined> => {
    try {
      const value = await make();
      note(name, 'ok');
      return value;
    } catch (error) {
      if (!(error instanceof LibvirtError)) throw new Error(`${name} is not understood`, { cause: error });
      const newer = error instanceof UnsupportedError && procedureTable[name].since > libVersion;
      note(name, newer ? 'newer' : error.codeName);
      return undefined;
    }
  };
  return {
    outcomes,
    async calls(names, args) {
      // `NameWith` has chosen them by these arguments.
      for (const name of names) await attempt(name, () => client.call(anyProcedure(name), args as never));
    },
    call: <Name extends ProcedureName>(name: Name, args: ArgsOf<Name>) =>
      attempt(name, () => client.call(anyProcedure<Name>(name), args)),
    stream: async (name, args, send) => {
      const opened = await attempt(name, () => client.openStream(anyProcedure<typeof name>(name), args));
      if (!opened) return;
      const duplex = duplexOver(opened.stream, { direction: send ? 'write' : 'both' });
      if (send) await new Promise<void>((resolve, reject) => duplex.on('error', reject).end(send, () => resolve()));
      else duplex.on('error', () => {}).destroy();
    },
    leaveOut(names) {
      for (const name of names) note(name, 'host');
    },
  };
}

/** Whether a call has arguments at all. */
export function hasArguments(name: ProcedureName): boolean {
  return procedureTable[name].args !== (empty as unknown);
}

/** The procedure, descriptors or not: what comes with one is skipped, and nobody sends any. */
function anyProcedure<Name extends ProcedureName>(name: Name): Procedure<ArgsOf<Name>, RetOf<Name>> {
  // What the table has under a name is what these types read from it.
  const { passesFds: _, ...procedure } = procedureTable[name] as unknown as Procedure<ArgsOf<Name>, RetOf<Name>>;
  return procedure;
}
