import { parseCpuSet } from '@spawnkit/instance';
import type { Flavor, ImageProperties } from '@spawnkit/instance';
import { DesignerError } from '../errors.ts';
import { lockedMemory } from '../locked-memory.ts';
import { invalidExtraSpec } from '../wish.ts';
import { cpuWishes } from './cpu-policy.ts';
import { wishedPageSize } from './page-size.ts';
import type { NumaPolicy, WishedNumaCell, WishedNumaTopology } from './topology-wish.ts';

/** Nova stops looking for cells here. */
const maximumCells = 128;

/** More vCPUs than any hypervisor has. */
const maximumVcpus = 65_536;

/** CPUs and memory of one cell. */
interface CellShare {
  readonly cpus: readonly number[];
  readonly memoryMiB: number;
}

/**
 * The virtual NUMA cells that flavor and image want, undefined when they want none: asked for by `hw:numa_nodes`, pinned
 * vCPUs or a page size. `image` is what `readImageProperties` of `@spawnkit/instance` answers. Follows Nova's
 * `numa_get_constraints`. Throws `NUMA_TOPOLOGY_INVALID`, `CPU_POLICY_CONFLICT`, `FLAVOR_IMAGE_CONFLICT`,
 * `INVALID_EXTRA_SPEC`, `LOCKED_MEMORY_FORBIDDEN`.
 */
export function numaTopologyOf(flavor: Flavor, image: ImageProperties): WishedNumaTopology | undefined {
  const numa: NumaPolicy = { flavor, image };
  if (flavor.vcpus > maximumVcpus) throw invalid(`${flavor.vcpus} vCPUs are more than ${maximumVcpus}`);
  const { policy, threadPolicy, emulatorThreads, dedicated } = cpuWishes(numa);
  const count = cellCount(numa);
  const pageSize = wishedPageSize(numa);
  lockedMemory(numa);
  if (count === undefined && pageSize === undefined && policy !== 'dedicated' && policy !== 'mixed') return undefined;
  const pinned = new Set(dedicated);
  const cells = cellShares(numa, count ?? 1).map(
    ({ cpus, memoryMiB }): WishedNumaCell => ({
      cpuset: cpus.filter((cpu) => !pinned.has(cpu)),
      pcpuset: cpus.filter((cpu) => pinned.has(cpu)),
      memoryMiB,
      pageSize,
      cpuPolicy: policy,
      cpuThreadPolicy: threadPolicy,
    }),
  );
  return { emulatorThreadsPolicy: emulatorThreads, cells };
}

function cellCount({ flavor, image }: NumaPolicy): number | undefined {
  const key = 'hw:numa_nodes';
  const text = flavor.extraSpecs[key] || undefined;
  if (text !== undefined && image.hwNumaNodes) throw onlyOne(key);
  if (text !== undefined && !/^[1-9]\d{0,2}$/.test(text)) throw invalidExtraSpec(key, text, 'a whole number from 1');
  const count = text === undefined ? image.hwNumaNodes : Number(text);
  if (count !== undefined && count < 1) throw invalid(`hw_numa_nodes of the image is ${count}, expected at least 1`);
  return count;
}

/** Cells of one size, or as flavor (`hw:numa_cpus.0`, `hw:numa_mem.0`, …) or image list them. */
function cellShares(numa: NumaPolicy, count: number): readonly CellShare[] {
  const { hwNumaCpus, hwNumaMem } = numa.image;
  const cpus = listed(numa, {
    key: 'hw:numa_cpus',
    ofImage: hwNumaCpus,
    read: parseCpuSet,
    expected: 'vCPUs such as 0-1,4',
  });
  const memory = listed(numa, { key: 'hw:numa_mem', ofImage: hwNumaMem, read: readMiB, expected: 'a number of MiB' });
  if (!cpus && !memory) return equalShares(numa, count);
  if (cpus?.length !== count || memory?.length !== count) {
    throw invalid(`CPUs and memory must be listed for each of the ${count} cells, or for none`);
  }
  const shares = cpus.map((one, cell) => ({ cpus: one, memoryMiB: memory[cell] ?? 0 }));
  checkShares(numa, shares);
  return shares;
}

function equalShares({ flavor }: NumaPolicy, count: number): readonly CellShare[] {
  const { vcpus, memoryMb } = flavor;
  if (vcpus % count !== 0 || memoryMb % count !== 0) {
    throw invalid(`${vcpus} vCPUs and ${memoryMb} MiB cannot be shared equally among ${count} cells`);
  }
  const size = vcpus / count;
  return Array.from({ length: count }, (_, cell) => ({
    cpus: Array.from({ length: size }, (__, index) => cell * size + index),
    memoryMiB: memoryMb / count,
  }));
}

function checkShares({ flavor }: NumaPolicy, shares: readonly CellShare[]): void {
  const cpus = shares.flatMap((share) => share.cpus);
  const beyond = cpus.find((cpu) => cpu >= flavor.vcpus);
  if (beyond !== undefined) throw invalid(`a cell has vCPU ${beyond}, and the flavor has ${flavor.vcpus} vCPUs`);
  if (new Set(cpus).size !== cpus.length) throw invalid('two cells have the same vCPU');
  if (cpus.length !== flavor.vcpus) throw invalid(`${flavor.vcpus - cpus.length} vCPUs are in no cell`);
  const memoryMiB = shares.reduce((sum, share) => sum + share.memoryMiB, 0);
  if (memoryMiB !== flavor.memoryMb) {
    throw invalid(`the cells have ${memoryMiB} MiB together, and the flavor has ${flavor.memoryMb} MiB`);
  }
}

/** What is listed once per cell. */
interface ListWish<Value> {
  readonly key: string;
  readonly ofImage: readonly Value[] | undefined;
  readonly read: (text: string) => Value | undefined;
  readonly expected: string;
}

/** `key.0`, `key.1`, … of the flavor, or what the image lists; not both. */
function listed<Value>({ flavor }: NumaPolicy, wish: ListWish<Value>): readonly Value[] | undefined {
  const { key, ofImage, read, expected } = wish;
  const values: Value[] = [];
  for (let cell = 0; cell < maximumCells; cell++) {
    const text = flavor.extraSpecs[`${key}.${cell}`];
    if (text === undefined) break;
    const value = read(text);
    if (value === undefined) throw invalidExtraSpec(`${key}.${cell}`, text, expected);
    values.push(value);
  }
  if (values.length === 0) return ofImage;
  if (ofImage) throw onlyOne(key);
  return values;
}

function readMiB(text: string): number | undefined {
  return /^\s*\d{1,15}\s*$/.test(text) ? Number(text) : undefined;
}

function onlyOne(key: string): DesignerError {
  const message = `Both the flavor's extra spec ${key} and the image's property ${key.replace(':', '_')} are set, and only one may be.`;
  return new DesignerError('FLAVOR_IMAGE_CONFLICT', message, { context: { key }, fix: 'Remove one of them.' });
}

function invalid(why: string): DesignerError {
  const fix = 'Change the hw:numa_* extra specs of the flavor or the hw_numa_* properties of the image.';
  const message = `The NUMA topology that flavor and image describe is impossible: ${why}.`;
  return new DesignerError('NUMA_TOPOLOGY_INVALID', message, { context: { why }, fix });
}
