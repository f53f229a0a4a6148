import type { HugePage, Memory, MemoryBacking } from '@spawnkit/guest-config';
import { DesignerError } from './errors.ts';
import type { GuestPolicy } from './guest-policy.ts';
import { lockedMemory } from './locked-memory.ts';
import { hasHugePages } from './numa.ts';
import { emulatorThreadsPolicy, wantsRealtime } from './realtime.ts';
import { invalidExtraSpec } from './wish.ts';

/** The guest's memory: the flavor's MiB, as KiB. */
export function guestMemory({ flavor }: GuestPolicy): Memory {
  return { value: BigInt(flavor.memoryMb) * 1024n };
}

/**
 * What is behind the memory: huge pages of the NUMA topology or files, locked when the host may not swap it out. Follows
 * Nova's `_get_guest_memory_backing_config`. Throws `LOCKED_MEMORY_FORBIDDEN`, `MEMORY_PAGES_UNAVAILABLE`,
 * `FLAVOR_IMAGE_CONFLICT`, `INVALID_EXTRA_SPEC`.
 */
export function guestMemoryBacking(policy: GuestPolicy, isEncrypted: boolean): MemoryBacking | undefined {
  const realtime = wantsRealtime(policy);
  checkSharedEmulator(policy, realtime);
  const pages = hugePages(policy);
  const backing: MemoryBacking = {
    ...(pages.length > 0 && { hugepages: { pages } }),
    ...(realtime && { nosharepages: true }),
    ...((lockedMemory(policy) || realtime || isEncrypted) && { locked: true }),
    ...files(policy),
  };
  return Object.keys(backing).length > 0 ? backing : undefined;
}

function hugePages({ host, request }: GuestPolicy): readonly HugePage[] {
  const cells = request.instance.numaTopology?.cells ?? [];
  return cells.flatMap((cell, node) =>
    cell.pagesize !== undefined && hasHugePages(cell, host.numaCells ?? [])
      ? [{ size: BigInt(cell.pagesize), unit: 'KiB', nodeset: [node] }]
      : [],
  );
}

/** Files are shared with other processes and thrown away with the guest. */
function files({ config, request }: GuestPolicy): MemoryBacking | undefined {
  if (!config.fileBackedMemory) return undefined;
  if (request.instance.numaTopology?.cells.every(({ pagesize }) => pagesize === undefined) ?? true) {
    return { source: { type: 'file' }, access: { mode: 'shared' }, allocation: { mode: 'immediate' }, discard: true };
  }
  throw new DesignerError(
    'MEMORY_PAGES_UNAVAILABLE',
    'The flavor sets a page size, and memory lies in files on this host.',
    {
      fix: 'Take a flavor without hw:mem_page_size, or a host without file-backed memory.',
    },
  );
}

/** Shared emulator threads would disturb real-time vCPUs unless a set of CPUs is theirs. */
function checkSharedEmulator(policy: GuestPolicy, realtime: boolean): void {
  const wish = realtime ? emulatorThreadsPolicy(policy) : undefined;
  if (wish !== 'share' || policy.config.cpuSharedSet?.length) return;
  throw invalidExtraSpec(
    'hw:emulator_threads_policy',
    wish,
    'isolate, or a configured cpuSharedSet, for real-time vCPUs',
  );
}
