import type { Vif } from '@spawnkit/instance';
import type { VifType } from '../vif-type.ts';

/** A VIF that libvirt connects by itself, or that somebody else connects: nothing to do on the host. */
export function nothing(plan: string, read: (vif: Vif) => unknown = () => undefined): VifType {
  return {
    plan(vif) {
      read(vif);
      return [plan];
    },
    async check(vif) {
      read(vif);
    },
    async plug(vif) {
      read(vif);
      return [];
    },
    async unplug() {},
  };
}
