import { createHash } from 'node:crypto';

/** What stands for a device's name where not every device name fits. */
export function deviceKey(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 11);
}

/** A bridge's name until it is complete, so that a half-made one can be told from everybody else's. */
export function unfinishedName(bridge: string): string {
  return `skb-${deviceKey(bridge)}`;
}
