import type { Check } from './finding.ts';

const DEFAULT = 'default';

/** Which of libvirt's networks run. */
export const examineNetworks: Check = async ({ conn, signal }) => {
  if (!conn) return [];
  const what = 'networks';
  const networks = await conn.networks.list({ signal });
  const active = await conn.networks.list({ flags: ['ACTIVE'], signal });
  if (active.length > 0) return [{ what, verdict: 'good', detail: active.map(({ name }) => name).join(', ') }];
  const stopped = networks.find(({ name }) => name === DEFAULT);
  return [
    {
      what,
      verdict: 'warning',
      detail: 'no libvirt network runs; bridges and user networking work without one',
      fix: stopped ? `virsh net-start ${DEFAULT}` : 'virsh net-define and net-start make one.',
      ...(stopped ? { repair: () => stopped.start({ signal }) } : {}),
    },
  ];
};
