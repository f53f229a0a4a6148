import { Capabilities, parse } from '@spawnkit/guest-config';
import type { Check } from './finding.ts';

/** What keeps a guest's QEMU from the rest of the host: AppArmor or SELinux, or nothing but its user. */
export const examineConfinement: Check = async ({ conn, signal }) => {
  if (!conn) return [];
  const what = 'confinement';
  const { secmodels = [] } = parse(Capabilities, await conn.capabilities({ signal })).host ?? {};
  const models = secmodels.map(({ model }) => model).filter((model) => model !== 'none');
  const mandatory = models.filter((model) => model !== 'dac');
  if (mandatory.length > 0)
    return [{ what, verdict: 'good', detail: `guests are confined by ${mandatory.join(', ')}` }];
  const detail = models.includes('dac') ? 'by the user of QEMU alone' : 'guests run as the user of the daemon';
  return [{ what, verdict: 'warning', detail, fix: 'Enable AppArmor or SELinux, and restart libvirt.' }];
};
