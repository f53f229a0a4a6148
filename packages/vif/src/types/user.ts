import type { VifType } from '../vif-type.ts';

/** QEMU's own user networking: nothing on the host, no privileges, no way in from outside. Not in Nova. */
export const user: VifType = {
  plan: () => ["use QEMU's user networking"],
  async check() {},
  async plug() {},
  async unplug() {},
};
