import type { Sysinfo } from '@spawnkit/guest-config';
import { type GuestPolicy, isQemu, isX86 } from './guest-policy.ts';

/** What the firmware of a PC tells its guest about the machine. Follows Nova's `_get_guest_config_sysinfo`. */
export function guestSysinfos(policy: GuestPolicy): readonly Sysinfo[] {
  if (!isQemu(policy) || !isX86(policy)) return [];
  const { vendor, product, version } = policy.config.identity;
  const { uuid } = policy.request.instance;
  const serial = serialNumber(policy);
  const entries = [
    { name: 'manufacturer', value: vendor },
    { name: 'product', value: product },
    { name: 'version', value: version },
    ...(serial === undefined ? [] : [{ name: 'serial', value: serial }]),
    { name: 'uuid', value: uuid },
    { name: 'family', value: 'Virtual Machine' },
  ];
  return [{ type: 'smbios', system: { entries } }];
}

function serialNumber({ config, host, request }: GuestPolicy): string | undefined {
  const { machineId, hostUuid } = host;
  const serials: Readonly<Record<typeof config.sysinfoSerial, string | undefined>> = {
    unique: request.instance.uuid,
    os: uuidOf(machineId),
    hardware: hostUuid,
    auto: uuidOf(machineId) ?? hostUuid,
    none: undefined,
  };
  return serials[config.sysinfoSerial];
}

/** systemd writes the machine's id without dashes. */
function uuidOf(machineId: string | undefined): string | undefined {
  return machineId?.trim().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
