/** A value that this version of libvirt's enumerations does not name: the daemon is newer. */
export type UnknownName = `UNKNOWN_${number}`;

/** The name of a value in one of libvirt's enumerations. */
export type NameOf<Table extends Readonly<Record<string, number>>> = (keyof Table & string) | UnknownName;

/** Name of `value` in `table`. A value that is not there becomes `UNKNOWN_<value>`: a newer daemon is no error. */
export function nameOf<Table extends Readonly<Record<string, number>>>(table: Table, value: number): NameOf<Table> {
  for (const [name, known] of Object.entries(table)) if (known === value) return name;
  return `UNKNOWN_${value}`;
}

/** Names of the bits of `value` that `table` knows; a rest is named `UNKNOWN_<bits>`. */
export function namesOf<Table extends Readonly<Record<string, number>>>(table: Table, value: number): NameOf<Table>[] {
  const bits = Object.entries(table).filter(([, bit]) => bit !== 0 && (value & bit) === bit);
  const rest = bits.reduce((left, [, bit]) => left & ~bit, value) >>> 0;
  return [...bits.map(([name]) => name), ...(rest === 0 ? [] : ([`UNKNOWN_${rest}`] as const))];
}
