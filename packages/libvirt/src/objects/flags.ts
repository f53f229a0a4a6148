import type { CallOptions } from '../client/rpc-client.ts';

/** The flags of a call: libvirt's names without their prefix, their values, or the whole word. */
export type Flags<Table extends Readonly<Record<string, number>>> =
  | number
  | readonly ((keyof Table & string) | number)[];

/** Options of a call with flags. */
export interface FlagOptions<Table extends Readonly<Record<string, number>>> extends CallOptions {
  readonly flags?: Flags<Table> | undefined;
}

/** The word that goes to the server; 0 when nothing is given. Throws a TypeError that lists the names of `table`. */
export function flagBits<Table extends Readonly<Record<string, number>>>(
  table: Table,
  flags: Flags<Table> | undefined,
): number {
  if (flags === undefined) return 0;
  if (typeof flags === 'number') return flags;
  let bits = 0;
  for (const flag of flags) bits |= typeof flag === 'number' ? flag : bitOf(table, flag);
  return bits >>> 0;
}

function bitOf(table: Readonly<Record<string, number>>, flag: string): number {
  const bit = Object.hasOwn(table, flag) ? table[flag] : undefined;
  if (bit !== undefined) return bit;
  throw new TypeError(`Unknown flag "${flag}"; allowed are ${Object.keys(table).join(', ')}`);
}
