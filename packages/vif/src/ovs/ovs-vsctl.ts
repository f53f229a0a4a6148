import { EffectsError } from '@spawnkit/effects';
import { VifError } from '../errors.ts';
import type { CommandContext } from '../ip.ts';

/** As os-vif's `ovs_vsctl_timeout`. */
const TIMEOUT_S = 120;

/** A value of the database as `ovs-vsctl --format=json` prints it (RFC 7047): a set, a map, a reference, or plain. */
type Cell = string | number | boolean | readonly ['set' | 'map' | 'uuid', unknown];

/** One row, by column. */
export type Row = Readonly<Record<string, Cell>>;

/**
 * `ovs-vsctl`, one transaction. Throws {@link VifError} `SWITCH_UNAVAILABLE`, or {@link EffectsError} `EXEC_FAILED` with what it
 * said. Follows ovs-vsctl(8).
 */
export async function vsctl({ exec, signal }: CommandContext, args: readonly string[]): Promise<string> {
  try {
    const given = [`--timeout=${TIMEOUT_S}`, ...args];
    return (await exec('ovs-vsctl', given, { signal, timeoutMs: (TIMEOUT_S + 10) * 1000 })).stdout;
  } catch (error) {
    throw isUnavailable(error) ? unavailable(error) : error;
  }
}

/** The rows of a table, or those with a name. */
export async function rows(
  context: CommandContext,
  table: 'Bridge' | 'Port' | 'Interface',
  { columns, name }: { readonly columns: readonly string[]; readonly name?: string },
): Promise<readonly Row[]> {
  const ask = name === undefined ? ['list', table] : ['find', table, `name=${quoted(name)}`];
  const text = await vsctl(context, ['--format=json', `--columns=${columns.join(',')}`, ...ask]);
  if (text.trim() === '') return [];
  const { headings, data } = JSON.parse(text) as { readonly headings: string[]; readonly data: readonly Cell[][] };
  return data.map((cells) => Object.fromEntries(headings.map((heading, at) => [heading, cells[at] ?? ''])));
}

/** The members of a set; one member is printed without the set around it. */
export function members(cell: Cell | undefined): readonly unknown[] {
  if (cell === undefined) return [];
  return Array.isArray(cell) && cell[0] === 'set' ? (cell[1] as unknown[]) : [cell];
}

/** A map of texts. */
export function mapOf(cell: Cell | undefined): Readonly<Record<string, string>> {
  return Array.isArray(cell) && cell[0] === 'map' ? Object.fromEntries(cell[1] as [string, string][]) : {};
}

/** A text as a value of a command: nothing in it is syntax. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

function isUnavailable(error: unknown): boolean {
  if (!(error instanceof EffectsError)) return false;
  const { stderr, exitCode } = error.context;
  const isKilledByItsAlarm = exitCode === 142 || error.code === 'EXEC_SIGNALED';
  return error.code === 'EXEC_NOT_FOUND' || isKilledByItsAlarm || /database connection failed/.test(String(stderr));
}

function unavailable(cause: unknown): VifError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new VifError('SWITCH_UNAVAILABLE', `Open vSwitch does not answer: ${reason}`, {
    cause,
    fix: 'Install openvswitch-switch, and start ovsdb-server and ovs-vswitchd.',
  });
}
