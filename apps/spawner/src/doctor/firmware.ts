import { readHostFacts } from '../host-facts.ts';
import type { Check } from './finding.ts';

/** Whether guests can start by UEFI, and by its secure boot. */
export const examineFirmware: Check = async ({ host, conn, signal }) => {
  const facts = conn && (await readHostFacts(host, conn, { signal }).catch(() => undefined));
  signal?.throwIfAborted();
  if (!facts || facts.virtType === 'lxc') return [];
  const what = 'firmware';
  const { supportsUefi, supportsSecureBoot, firmware = [] } = facts;
  if (!supportsUefi || firmware.length === 0) {
    return [{ what, verdict: 'absent', detail: 'BIOS only; `firmware: uefi` needs more', fix: 'apt-get install ovmf' }];
  }
  return [{ what, verdict: 'good', detail: supportsSecureBoot ? 'BIOS, UEFI, secure boot' : 'BIOS, UEFI' }];
};
