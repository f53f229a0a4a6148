import { type BlockinfoConfig, defaultBlockinfoConfig } from '../src/index.ts';
import { argumentsOf, type Json } from './recorded-case.ts';

/** The configuration of a recorded case: Nova's defaults and the options that differ. */
export function configOf(recorded: Json): BlockinfoConfig {
  const options = argumentsOf(recorded);
  return {
    ...defaultBlockinfoConfig,
    configDriveFormat: options.text('config_drive_format') === 'vfat' ? 'vfat' : 'iso9660',
    forceConfigDrive: recorded.force_config_drive === true,
    diskPrefix: options.text('libvirt.disk_prefix'),
    maxDiskDevicesToAttach: options.number('compute.max_disk_devices_to_attach') ?? -1,
    hwMachineType: machineTypes(options.texts('libvirt.hw_machine_type') ?? []),
  };
}

/** `arch=type` entries; the first of an architecture counts, one without a type never does. */
function machineTypes(entries: readonly string[]): Readonly<Record<string, string>> {
  const pairs = entries.map((entry) => entry.split('=', 2)).filter(([, type]) => type);
  return Object.fromEntries(pairs.toReversed().map(([arch = '', type = '']) => [arch, type]));
}
