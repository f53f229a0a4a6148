import { readImageProperties } from '@spawnkit/instance';
import { SpawnerError } from '../errors.ts';
import type { SpawnerFacts } from '../host-facts.ts';
import type { SpawnRequest } from '../request/request.ts';

/** Refuses a request for UEFI on a host that has no such firmware. Throws {@link SpawnerError} `HOST_NOT_READY`. */
export function checkFirmware({ imageMeta, name }: SpawnRequest, facts: SpawnerFacts): void {
  const { hwFirmwareType, osSecureBoot } = readImageProperties(imageMeta);
  if (hwFirmwareType !== 'uefi' || facts.virtType === 'lxc') return;
  const { supportsUefi, supportsSecureBoot, firmware = [] } = facts;
  const secure = osSecureBoot === 'required';
  if (supportsUefi && firmware.length > 0 && (supportsSecureBoot || !secure)) return;
  const what = secure ? 'the secure boot of UEFI' : 'UEFI';
  throw new SpawnerError('HOST_NOT_READY', `"${name}" asks for ${what}, and this host has no firmware for it`, {
    fix: 'apt-get install ovmf, or leave `firmware` and hw_firmware_type out.',
    context: { check: 'firmware' },
  });
}
