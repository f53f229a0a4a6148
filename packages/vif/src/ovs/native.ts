import { deleteLink, ip } from '../ip.ts';
import { readMtu } from '../mtu.ts';
import { readRepresentor } from '../pci/representor.ts';
import { vifDeviceName } from '../vif-name.ts';
import type { VifContext, VifType } from '../vif-type.ts';
import { readPciSlot, readVirtualFunction } from '../pci/virtual-function.ts';
import { datapathType } from './port-facts.ts';
import { checkSwitch, ensurePort, ensureSwitch, removePort, switchName } from './switch-port.ts';

/**
 * A port of the switch for the guest's tap device, which libvirt makes. The port is made here where the network service says
 * `delegate_create`; otherwise libvirt makes it, too, and only the bridge is seen to. Follows os-vif's ovs plugin.
 */
export const native: VifType = {
  plan(vif) {
    const bridge = switchName(vif);
    const name = vifDeviceName(vif);
    readMtu(vif);
    const use = `use the bridge ${bridge} of Open vSwitch`;
    return vif.delegateCreate ? [`make ${name} a port of ${bridge} on Open vSwitch`] : [use];
  },

  check: (_, context) => checkSwitch(context),

  async plug(vif, context) {
    const name = vifDeviceName(vif);
    if (!vif.delegateCreate) {
      await ensureSwitch(vif, datapathType(vif) ?? 'system', context);
      return [];
    }
    await ensurePort({ vif, name, mtu: readMtu(vif) }, datapathType(vif) ?? 'system', context);
    return [{ kind: 'ovs-port', name }];
  },

  async unplug(vif, context) {
    const name = vifDeviceName(vif);
    await removePort(vif, name, context);
    await deleteLink(context, name);
  },
};

/**
 * A virtual function whose traffic the card switches by the rules of Open vSwitch: its representor is a port of the switch.
 * Follows os-vif's ovs plugin for VIFHostDevice.
 */
export const representor: VifType = {
  plan: (vif) => [`make the representor of ${readPciSlot(vif)} a port of ${switchName(vif)} on Open vSwitch`],

  async check(vif, context) {
    await readRepresentor(await readVirtualFunction(vif, context), context);
    await checkSwitch(context);
  },

  async plug(vif, context) {
    const name = await readRepresentor(await readVirtualFunction(vif, context), context);
    await ip(context, ['link', 'set', 'dev', name, 'up']);
    await ensurePort({ vif, name, mtu: readMtu(vif) }, datapathType(vif) ?? 'system', context);
    return [{ kind: 'ovs-port', name }];
  },

  async unplug(vif, context) {
    const name = await representorLeft(vif, context);
    if (name === undefined) return;
    await removePort(vif, name, context);
    await ip(context, ['link', 'set', 'dev', name, 'down']);
  },
};

/** Undefined where the function, or its card, is gone: then there is nothing to take back. */
async function representorLeft(...[vif, context]: Parameters<VifType['unplug']>): Promise<string | undefined> {
  try {
    return await readRepresentor(await readVirtualFunction(vif, context), context);
  } catch (error) {
    return ignoreMissing(error, context);
  }
}

function ignoreMissing(error: unknown, { log }: VifContext): undefined {
  if (!isMissing(error)) throw error;
  log?.warn('nothing to unplug', { reason: error.message });
}

function isMissing(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'PCI_NOT_FOUND';
}
