import { describe, expect, test } from 'vitest';
import { noUml } from '../../../../tooling/lab/uml/run-in-uml.ts';
import { scriptInUml } from '../uml/script-in-uml.ts';

if (noUml) process.stderr.write(`skipped, VLANs of a real kernel: ${noUml}\n`);

describe.skipIf(noUml)('in user-mode Linux', () => {
  test('a bridge over a VLAN reaches it; device and bridge go with their last VIF; a macvtap has its own', {
    timeout: 1_000_000,
  }, async () => {
    const seen = (await scriptInUml('vlan-cases.ts', 512)) as Readonly<Record<string, readonly unknown[]>>;
    const uplink = { name: 'up0', kind: 'veth', up: true };
    expect(seen['before']).toEqual([uplink]);
    const plugged = [
      uplink,
      { name: 'vlan99', kind: 'vlan', master: 'br-test', below: 'up0', vlan: 99, up: true },
      { name: 'br-test', kind: 'bridge', up: true },
    ];
    for (const step of ['plugged', 'again', 'shared']) expect(seen[step], step).toEqual(plugged);
    expect(seen['reached']).toBe('hello');
    expect(seen['left']).toEqual([uplink]);
    expect(seen['source']).toEqual([uplink, { name: 'up0.7', kind: 'vlan', below: 'up0', vlan: 7, up: true }]);
    expect(seen['end']).toEqual([uplink]);
  });
});
