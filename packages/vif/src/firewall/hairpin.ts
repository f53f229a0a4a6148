import { checkDevice } from '../device-name.ts';
import { type CommandContext, ipLink } from '../ip.ts';

/**
 * Lets frames leave a bridge by the port that they came from, so that instances reach themselves by a floating address. For
 * the devices of a running domain's interfaces on Linux bridges; goes with the device. Follows Nova's `_enable_hairpin`.
 */
export async function enableHairpin(devices: readonly string[], context: CommandContext): Promise<void> {
  for (const device of devices) {
    await ipLink(context, ['set', 'dev', checkDevice(device), 'type', 'bridge_slave', 'hairpin', 'on']);
  }
}
