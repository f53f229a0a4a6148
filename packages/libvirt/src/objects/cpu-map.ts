/** The numbers of the CPUs in one of libvirt's maps, a bit for each, the lowest first. */
export function cpusOf(map: Uint8Array): number[] {
  return [...map].flatMap((byte, index) => BITS.filter((bit) => byte & (1 << bit)).map((bit) => index * 8 + bit));
}

/** The map of these CPUs, as short as it can be. Throws a RangeError for what is no number of a CPU. */
export function cpuMap(cpus: readonly number[]): Uint8Array {
  const wrong = cpus.find((cpu) => !Number.isInteger(cpu) || cpu < 0 || cpu >= LIMIT);
  if (wrong !== undefined) throw new RangeError(`${wrong} is no CPU; allowed are integers from 0 to ${LIMIT - 1}`);
  const map = new Uint8Array(Math.max(0, ...cpus.map((cpu) => (cpu >> 3) + 1)));
  for (const cpu of cpus) map[cpu >> 3] = (map[cpu >> 3] ?? 0) | (1 << (cpu & 7));
  return map;
}

const BITS = [0, 1, 2, 3, 4, 5, 6, 7];
/** What the protocol has room for: maps of 2048 bytes. */
const LIMIT = 16_384;
