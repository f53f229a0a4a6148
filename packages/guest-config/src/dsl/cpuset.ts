import type { Codec } from './codec.ts';

/** Numbers of CPUs or NUMA nodes, ascending, each once. */
export type CpuSet = readonly number[];

/** One above the highest number of a set. */
const LIMIT = 65_536;

/** A set in libvirt's notation: `0-3,^2,8`. Printed with the fewest ranges, as libvirt does. @internal */
export const cpuset: Codec<CpuSet> = {
  parse: parseCpuSet,
  print: (value) => (Array.isArray(value) && value.every(isMember) ? printCpuSet(value) : undefined),
  expected: `numbers below ${LIMIT} such as 0-3,^2,8`,
};

/**
 * The members of a set in libvirt's notation: `cpus('0-3,^2')` is `[0, 1, 3]`.
 *
 * @throws RangeError when the text is no such set.
 */
export function cpus(text: string): CpuSet {
  const set = parseCpuSet(text);
  if (!set) throw new RangeError(`Cannot read ${JSON.stringify(text)} as a set of CPUs: expected ${cpuset.expected}`);
  return set;
}

function parseCpuSet(text: string): CpuSet | undefined {
  const members = new Set<number>();
  const word = text.trim();
  if (word === '') return [];
  for (const part of word.split(',')) {
    const [, not, from, to] = /^\s*(\^?)(\d{1,6})(?:\s*-\s*(\d{1,6}))?\s*$/.exec(part) ?? [];
    if (from === undefined) return undefined;
    const first = Number(from);
    const last = to === undefined ? first : Number(to);
    if (last < first || last >= LIMIT) return undefined;
    for (let cpu = first; cpu <= last; cpu++) {
      if (not) members.delete(cpu);
      else members.add(cpu);
    }
  }
  return [...members].sort((a, b) => a - b);
}

function printCpuSet(set: CpuSet): string {
  const sorted = [...new Set(set)].sort((a, b) => a - b);
  const ranges: [first: number, last: number][] = [];
  for (const cpu of sorted) {
    const range = ranges.at(-1);
    if (range && range[1] === cpu - 1) range[1] = cpu;
    else ranges.push([cpu, cpu]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}

function isMember(cpu: unknown): boolean {
  return typeof cpu === 'number' && Number.isInteger(cpu) && cpu >= 0 && cpu < LIMIT;
}
