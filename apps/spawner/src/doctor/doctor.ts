import type { Host } from '../host.ts';
import { examineConfinement } from './confinement.ts';
import { type Check, type CheckName, checkNames, type Finding } from './finding.ts';
import { examineFirmware } from './firmware.ts';
import { examineHugePages } from './huge-pages.ts';
import { examineHypervisor } from './hypervisor.ts';
import { examineInstances } from './instances.ts';
import { examineJournals } from './journals.ts';
import { examineLibvirt } from './libvirt.ts';
import { examineNetworks } from './networks.ts';
import { examinePrograms } from './programs.ts';
import { examineSpace } from './space.ts';
import { examineState } from './state.ts';
import { examineStorage } from './storage.ts';
import { examineTpm } from './tpm.ts';

export interface ExamineOptions {
  /** Default: all. */
  readonly checks?: readonly CheckName[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

const checks: Readonly<Record<CheckName, Check>> = {
  programs: examinePrograms,
  state: examineState,
  journals: examineJournals,
  space: examineSpace,
  instances: examineInstances,
  storage: examineStorage,
  libvirt: examineLibvirt,
  hypervisor: examineHypervisor,
  firmware: examineFirmware,
  tpm: examineTpm,
  confinement: examineConfinement,
  'huge-pages': examineHugePages,
  networks: examineNetworks,
};

/**
 * Examines everything a spawn needs, and changes nothing but the state directory, which is made when it is missing. Throws
 * the signal's reason.
 */
export async function examine(host: Host, options: ExamineOptions): Promise<readonly Finding[]> {
  const { checks: names = checkNames, signal } = options;
  const conn = await host.connect({ signal }).catch(() => undefined);
  signal?.throwIfAborted();
  const found: Finding[] = [];
  // One after the other, so that what is found stands in the order of the checks.
  for (const check of names) {
    for (const finding of await checks[check]({ host, conn, signal })) found.push({ check, ...finding });
  }
  return found;
}

/** Repairs what can be repaired without asking, and answers what an examination finds then. Throws what a repair throws. */
export async function repair(
  host: Host,
  findings: readonly Finding[],
  options: ExamineOptions,
): Promise<readonly Finding[]> {
  for (const { repair } of findings) await repair?.();
  return await examine(host, options);
}
