import { SpawnerError } from '../../src/errors.ts';
import { parseSpec } from '../../src/spec/read-spec.ts';
import { errorKind } from './compared-spawn.ts';
import type { SpawnCase } from './recorded-spawn-case.ts';
import type { SpawnOutcome } from './run-spawn-case.ts';

/** Where we end otherwise than Nova on purpose; each use asserts our own outcome in full. */
const rules = {
  ends: 'a guest that stops, or does not run in time, ends the spawn, and nothing of it is left; Nova polls on for ever',
  cleanup: 'a step that cannot be taken back hides neither the first error nor the other steps, and is reported',
  timeout: 'a timeout inside plugging is reported as what it is; Nova ends in a programming error',
  hypervisor: 'guests of other hypervisors than QEMU, KVM and LXC are refused before anything is done',
} as const;

/**
 * The rule by which a case may end otherwise; undefined when there is none, or our outcome is not the better one. `isEqual`
 * compares with some of the expected fields replaced.
 */
export function spawnException(
  { input, expected }: SpawnCase,
  outcome: SpawnOutcome,
  isEqual: (instead: Readonly<Record<string, unknown>>) => boolean,
): string | undefined {
  const { error } = outcome.spawn;
  const recorded = expected.spawn.error;
  const faults = input.faults ?? {};
  if (recorded?.message === 'GAVE UP') {
    const state = input.power_states?.at(-1);
    const kind = state === 'shutdown' || state === 'crashed' ? 'DOMAIN_STOPPED' : 'WAIT_TIMEOUT';
    return isEqual({ error: kind }) ? rules.ends : undefined;
  }
  if (faults['delete_instance_files'] !== undefined) {
    const isReported = error instanceof SpawnerError && error.code === 'RESIDUE';
    const first = 'domain.create' in faults ? 'libvirtError' : errorKind(error);
    return isReported && isEqual({ error: first, files_left: outcome.spawn.filesLeft }) ? rules.cleanup : undefined;
  }
  if (recorded?.error === 'UnboundLocalError') return isEqual({ error: 'Timeout' }) ? rules.timeout : undefined;
  return undefined;
}

/** A case of a hypervisor that is not offered: the wish must be refused where it is read. */
export function hypervisorException({ input }: SpawnCase): string | undefined {
  const virtType = `${input.config?.['libvirt.virt_type'] ?? 'kvm'}`;
  if (['kvm', 'qemu', 'lxc'].includes(virtType)) return undefined;
  try {
    parseSpec(`name: recorded\nimage: /images/base\nvirtType: ${virtType}\n`);
    return undefined;
  } catch (error) {
    return error instanceof SpawnerError && error.code === 'USAGE' ? rules.hypervisor : undefined;
  }
}
