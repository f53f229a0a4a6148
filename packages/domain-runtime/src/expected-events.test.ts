import { parseNetworkInfo } from '@spawnkit/instance';
import { expect, test } from 'vitest';
import { eventsToExpect } from './expected-events.ts';

const vif = (id: string, more: Record<string, unknown>) => ({ id, address: '52:54:00:00:00:01', network: {}, ...more });
const networkInfo = parseNetworkInfo([
  vif('inactive', { active: false }),
  vif('active', { active: true }),
  vif('unknown', {}),
  vif('remote', { active: false, vnic_type: 'remote-managed' }),
]);

test('eventsToExpect waits for VIFs that are exactly inactive and bound by this host', () => {
  expect(eventsToExpect(networkInfo, { virtType: 'kvm', vifPluggingTimeoutS: 300 })).toEqual([
    { name: 'network-vif-plugged', tag: 'inactive' },
  ]);
});

test.each([
  { virtType: 'lxc', vifPluggingTimeoutS: 300 },
  { virtType: 'kvm', vifPluggingTimeoutS: 0 },
  { virtType: 'kvm', vifPluggingTimeoutS: 300, powerOn: false },
])('eventsToExpect waits for nothing with %o', (policy) => {
  expect(eventsToExpect(networkInfo, policy)).toEqual([]);
});
