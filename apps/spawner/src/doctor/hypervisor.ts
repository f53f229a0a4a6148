import { readHostFacts } from '../host-facts.ts';
import type { Check } from './finding.ts';

/** Whether guests run, and with KVM; that is tried, since a `/dev/kvm` may be there and of no use. */
export const examineHypervisor: Check = async ({ host, conn, signal }) => {
  if (!conn) return [];
  const what = 'hypervisor';
  try {
    const { virtType, virtTypeReason, emulator } = await readHostFacts(host, conn, { signal });
    if (virtType === 'kvm') return [{ what, verdict: 'good', detail: `${emulator} with KVM` }];
    if (virtType === 'lxc') return [{ what, verdict: 'good', detail: `containers by ${emulator}` }];
    const detail = `${emulator} without KVM (${virtTypeReason}): guests work, several times slower`;
    return [{ what, verdict: 'warning', detail }];
  } catch (error) {
    signal?.throwIfAborted();
    const fix = (error as { fix?: string }).fix ?? 'apt-get install qemu-system-x86';
    return [{ what, verdict: 'missing', detail: (error as Error).message, fix }];
  }
};
