import { parseNetworkInfo } from '@spawnkit/instance';
import { expect, test } from 'vitest';
import { vifsWithVlan } from './network-facts.ts';

test('vifsWithVlan reads a VLAN as number and as text, and takes 0 for none', () => {
  const vlans = ['100', 101, '0', 0, 'none', undefined];
  const networkInfo = parseNetworkInfo(
    vlans.map((vlan, index) => ({
      id: `v${index}`,
      address: `fa:16:3e:00:00:0${index}`,
      network: {},
      type: 'hw_veb',
      details: { vlan },
    })),
  );
  expect([...vifsWithVlan(networkInfo)]).toEqual([
    ['fa:16:3e:00:00:00', 100],
    ['fa:16:3e:00:00:01', 101],
  ]);
});
