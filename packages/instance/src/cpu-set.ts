/** More CPUs than any host or guest has; a larger number in a set is a mistake, not a wish. */
const maximumCpu = 65_535;

/**
 * CPU numbers of a set such as `0-3,^2,6`, ascending: numbers and ranges, with `^` before what is taken out again. Empty
 * parts are skipped. Undefined when the text is not such a set. Follows Nova's `parse_cpu_spec`.
 */
export function parseCpuSet(text: string): readonly number[] | undefined {
  const wanted = new Set<number>();
  const excluded = new Set<number>();
  for (const part of text.split(',').map((one) => one.trim())) {
    if (part === '') continue;
    const range = /^(\^?)\s*(\d+)(?:\s*-\s*(\d+))?$/.exec(part);
    const first = Number(range?.[2]);
    const last = Number(range?.[3] ?? range?.[2]);
    if (!range || first > last || last > maximumCpu) return undefined;
    const into = range[1] === '^' ? excluded : wanted;
    for (let cpu = first; cpu <= last; cpu++) into.add(cpu);
  }
  return [...wanted].filter((cpu) => !excluded.has(cpu)).toSorted((a, b) => a - b);
}
