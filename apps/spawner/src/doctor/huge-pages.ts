import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Check } from './finding.ts';

const DIRECTORY = '/sys/kernel/mm/hugepages';

/** How many huge pages the host has set aside. */
export const examineHugePages: Check = async () => {
  const what = 'huge pages';
  const sizes = await readdir(DIRECTORY).catch(() => []);
  const pools = await Promise.all(sizes.map(readPool));
  const there = pools.filter(({ total }) => total > 0);
  if (there.length > 0) {
    const detail = there.map(({ size, total, free }) => `${free} of ${total} pages of ${size} free`).join(', ');
    return [{ what, verdict: 'good', detail }];
  }
  const fix = 'sysctl vm.nr_hugepages=N';
  return [{ what, verdict: 'absent', detail: 'none set aside; `placement.hugePages` needs some', fix }];
};

/** `hugepages-2048kB` */
async function readPool(name: string) {
  const read = async (file: string) => Number(await readFile(join(DIRECTORY, name, file), 'utf8').catch(() => '0'));
  const size = name.slice('hugepages-'.length);
  return { size, total: await read('nr_hugepages'), free: await read('free_hugepages') };
}
