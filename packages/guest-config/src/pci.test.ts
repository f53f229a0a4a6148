import { expect, test } from 'vitest';
import { build } from './document.ts';
import { cpus } from './dsl/cpuset.ts';
import { pci } from './pci.ts';
import { Address } from './schema/address.ts';

test('pci reads what lspci prints', () => {
  expect(pci('0000:00:1f.2')).toEqual({ type: 'pci', domain: 0, bus: 0, slot: 31, function: 2 });
  expect(pci('af:02.7')).toEqual({ type: 'pci', domain: 0, bus: 0xaf, slot: 2, function: 7 });
  expect(build(Address, pci('0001:00:04.0'))).toBe(
    '<address type="pci" domain="0x0001" bus="0x00" slot="0x04" function="0x0"/>',
  );
});

test.each(['', '00:04', '00:20.0', '00:04.8', '0000:00:04.0 ', 'pci_0000_00_04_0'])('pci refuses %j', (text) => {
  expect(() => pci(text)).toThrow(RangeError);
});

test('cpus reads a set and names what it cannot read', () => {
  expect(cpus('0-3,^2')).toEqual([0, 1, 3]);
  expect(() => cpus('0-')).toThrow('Cannot read "0-" as a set of CPUs: expected numbers below 65536 such as 0-3,^2,8');
});
