import fc from 'fast-check';
import { expect, test } from 'vitest';
import { smallRequest } from '../test/small-request.ts';
import { cpuTopology } from './cpu-topology.ts';
import { guestPolicy } from './guest-policy.ts';

const topologyOf = (vcpus: number, extraSpecs: Readonly<Record<string, string>>, properties = {}) =>
  cpuTopology(guestPolicy(smallRequest({ vcpus, extraSpecs, properties })));

test('cpuTopology makes sockets of all vCPUs when nobody wishes otherwise', () => {
  expect(topologyOf(6, {})).toEqual({ sockets: 6, cores: 1, threads: 1 });
});

test('cpuTopology takes the wish of the image whole, without the rest of the flavor’s', () => {
  const flavor = { 'hw:cpu_sockets': '2', 'hw:cpu_threads': '2' };
  expect(topologyOf(8, flavor)).toEqual({ sockets: 2, cores: 2, threads: 2 });
  expect(topologyOf(8, flavor, { hw_cpu_cores: '4' })).toEqual({ sockets: 2, cores: 4, threads: 1 });
});

test('cpuTopology answers at once for more vCPUs than any machine has', () => {
  expect(topologyOf(65_521, {})).toEqual({ sockets: 65_521, cores: 1, threads: 1 });
});

const limit = fc.integer({ min: 1, max: 16 });

test('cpuTopology stays within the limits and gives just the vCPUs, or refuses because nothing does', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 }), limit, limit, limit, (vcpus, sockets, cores, threads) => {
      const specs = {
        'hw:cpu_max_sockets': `${sockets}`,
        'hw:cpu_max_cores': `${cores}`,
        'hw:cpu_max_threads': `${threads}`,
      };
      const possible = range(sockets).some((s) =>
        range(cores).some((c) => range(threads).some((t) => s * c * t === vcpus)),
      );
      if (!possible) {
        expect(() => topologyOf(vcpus, specs)).toThrow(expect.objectContaining({ code: 'CPU_TOPOLOGY_IMPOSSIBLE' }));
        return;
      }
      const found = topologyOf(vcpus, specs);
      expect(found.sockets * found.cores * found.threads).toBe(vcpus);
      expect(found.sockets <= sockets && found.cores <= cores && found.threads <= threads).toBe(true);
    }),
  );
});

function range(to: number): readonly number[] {
  return Array.from({ length: to }, (_, index) => index + 1);
}
