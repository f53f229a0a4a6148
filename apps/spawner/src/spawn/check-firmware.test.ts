import { expect, test } from 'vitest';
import type { SpawnerFacts } from '../host-facts.ts';
import { requestFromSpec } from '../request/request.ts';
import { parseSpec } from '../spec/read-spec.ts';
import { checkFirmware } from './check-firmware.ts';

const request = (firmware: string) =>
  requestFromSpec({ spec: parseSpec(`name: web\nimage: a\n${firmware}`), directory: '/' });

function facts(host: Partial<SpawnerFacts>): SpawnerFacts {
  // Only what is looked at.
  return { virtType: 'qemu', supportsUefi: false, supportsSecureBoot: false, ...host } as SpawnerFacts;
}
const description = { tags: [] } as unknown as NonNullable<SpawnerFacts['firmware']>[number];
const uefi = { supportsUefi: true, firmware: [description] };

test('checkFirmware refuses UEFI where there is none, and secure boot where there is only UEFI', () => {
  const refusal = { code: 'HOST_NOT_READY', context: { check: 'firmware' } };
  expect(() => checkFirmware(request('firmware: uefi'), facts({}))).toThrow(expect.objectContaining(refusal));
  expect(() => checkFirmware(request('firmware: uefi'), facts({ supportsUefi: true }))).toThrow(/no firmware/);
  expect(() => checkFirmware(request('firmware: uefi-secure'), facts(uefi))).toThrow(/secure boot/);
});

test('checkFirmware lets through what the host has, and what asks for nothing', () => {
  expect(() => checkFirmware(request(''), facts({}))).not.toThrow();
  expect(() => checkFirmware(request('firmware: bios'), facts({}))).not.toThrow();
  expect(() => checkFirmware(request('firmware: uefi'), facts(uefi))).not.toThrow();
  expect(() =>
    checkFirmware(request('firmware: uefi-secure'), facts({ ...uefi, supportsSecureBoot: true })),
  ).not.toThrow();
});
