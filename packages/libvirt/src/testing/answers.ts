import type { Procedure } from '../client/procedure.ts';
import type * as procedures from '../generated/procedures.gen.ts';
import type { ProcedureName } from '../procedure-name.ts';
import type { FakeStream } from './fake-stream.ts';

type Table = typeof procedures;

/** What a client sends with a procedure. */
export type ArgsOf<Name extends ProcedureName> = Table[Name] extends Procedure<infer Args, infer _> ? Args : never;

/** What a daemon answers. */
export type RetOf<Name extends ProcedureName> = Table[Name] extends Procedure<infer _, infer Ret> ? Ret : never;

/** Answers a call by returning or resolving its value, or by throwing. Only calls that open a stream have one. */
export type Answer<Name extends ProcedureName> = (
  args: ArgsOf<Name>,
  stream: FakeStream,
) => RetOf<Name> | Promise<RetOf<Name>>;

/** What a fake daemon answers, by procedure. */
export type Answers = { readonly [Name in ProcedureName]?: Answer<Name> };

/** Any procedure, with its name. */
export interface NamedProcedure extends Procedure<unknown, unknown> {
  readonly name: ProcedureName;
}

/** Finds the procedure of a number; undefined for one that libvirt does not have. */
export type FindProcedure = (program: number, number: number) => NamedProcedure | undefined;

/** All procedures by number. Loaded on demand: imported as a whole they would stay in every bundle of the package. */
export async function findProcedures(): Promise<FindProcedure> {
  const table: object = await import('../generated/procedures.gen.ts');
  // Each procedure stands in the table under its own name.
  const all = Object.values(table) as NamedProcedure[];
  const byNumber = new Map(all.map((one) => [`${one.program}/${one.number}`, one]));
  return (program, number) => byNumber.get(`${program}/${number}`);
}
