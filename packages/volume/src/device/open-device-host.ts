import { silentLogger, systemClock } from '@spawnkit/effects';
import { openHolds } from '../connect/holds.ts';
import type { DeviceHost, DeviceOptions } from './device-host.ts';
import { openSysfs } from './sysfs.ts';

/** Fills in the defaults. */
export function openDeviceHost(options: DeviceOptions): DeviceHost {
  return {
    exec: options.exec,
    holds: openHolds(options.holdsPath),
    sysfs: openSysfs(options.sysPath),
    locksPath: options.locksPath,
    scanAttempts: options.scanAttempts ?? 5,
    useMultipath: options.useMultipath ?? false,
    timeoutMs: options.timeoutMs ?? 120_000,
    clock: options.clock ?? systemClock,
    log: options.log ?? silentLogger,
  };
}
