import type { Vif } from '@spawnkit/instance';
import { VifError } from '../errors.ts';
import { datapathType, interfaceId, isHybrid } from '../ovs/port-facts.ts';
import { readPciSlot } from '../pci/virtual-function.ts';
import { prefixedName } from '../vif-name.ts';
import { networkObject } from './network-object.ts';
import type { PortProfileObject, RepresentorObject, VifObject } from './vif-object.ts';

/**
 * The object that Nova hands to os-vif for a VIF; undefined for types that Nova plugs itself. Follows
 * `nova_to_osvif_vif` of Nova's os_vif_util.py. Throws {@link VifError} `VIF_TYPE_UNSUPPORTED`, `VIF_INVALID`.
 */
export function convertVif(vif: Vif): VifObject | undefined {
  const { id, type } = vif;
  if (type !== undefined && pluggedByNova.includes(type)) return undefined;
  const convert = type !== undefined && Object.hasOwn(converters, type) ? converters[type] : undefined;
  if (convert) return convert(vif);
  throw new VifError('VIF_TYPE_UNSUPPORTED', `VIF ${id}: os-vif has no type "${type ?? '(none)'}"`, {
    fix: 'Bind the port again.',
    context: { vif: id, type },
  });
}

/** Types of before os-vif, and those that say that a port is bound nowhere. */
const pluggedByNova: readonly string[] = `
  dvs iovisor 802.1qbg 802.1qbh hw_veb hostdev_physical ib_hostdev midonet tap macvtap binding_failed unbound
`
  .trim()
  .split(' ');

const converters: Readonly<Record<string, (vif: Vif) => VifObject>> = {
  bridge: (vif) => ({ ...object(vif, 'VIFBridge', 'linux_bridge'), vifName: nameOf(vif), ...onBridge(vif) }),
  ovs,
  agilio_ovs: agilio,
  vhostuser,
  ivs: (vif) =>
    isHybrid(vif)
      ? { ...object(vif, 'VIFBridge', 'ivs'), vifName: nameOf(vif), bridgeName: prefixedName('qbr', vif) }
      : { ...object(vif, 'VIFGeneric', 'ivs'), vifName: nameOf(vif) },
  vrouter,
};

function ovs(vif: Vif): VifObject {
  const vifName = nameOf(vif);
  if (vif.vnicType === 'direct' || vif.vnicType === 'vdpa') return represented(vif, 'ovs');
  if (vif.vnicType === 'remote-managed') return { ...hostDevice(vif, 'noop'), vifName };
  const portProfile = switchProfile(vif);
  if (isHybrid(vif)) {
    return { ...object(vif, 'VIFBridge', 'ovs'), vifName, bridgeName: prefixedName('qbr', vif), portProfile };
  }
  const profile = { ...portProfile, createPort: vif.delegateCreate };
  return { ...object(vif, 'VIFOpenVSwitch', 'ovs'), vifName, ...onBridge(vif), portProfile: profile };
}

function agilio(vif: Vif): VifObject {
  if (vif.vnicType === 'direct') return represented(vif, 'agilio_ovs');
  if (vif.vnicType !== 'virtio-forwarder') return ovs(vif);
  return {
    ...object(vif, 'VIFVHostUser', 'agilio_ovs'),
    vifName: nameOf(vif),
    portProfile: representorProfile(vif),
    ...socket(vif),
  };
}

function vhostuser(vif: Vif): VifObject {
  const { details } = vif;
  const forPlugin = (plugin: string) => ({
    ...object(vif, 'VIFVHostUser', plugin),
    vifName: nameOf(vif),
    ...socket(vif),
  });
  if (details['vhostuser_fp_plug']) return { ...forPlugin('vhostuser_fp'), portProfile: fastPathProfile(vif) };
  if (details['vhostuser_ovs_plug']) {
    const vifName = prefixedName('vhu', vif);
    return { ...forPlugin('ovs'), vifName, ...onBridge(vif), portProfile: switchProfile(vif) };
  }
  return forPlugin(details['vhostuser_vrouter_plug'] ? 'contrail_vrouter' : 'noop');
}

function vrouter(vif: Vif): VifObject {
  const profile = () => ({ type: 'VIFPortProfileBase', datapathOffload: offload(vif) }) as const;
  if (vif.vnicType === 'normal') return { ...object(vif, 'VIFGeneric', 'vrouter'), vifName: nameOf(vif) };
  if (vif.vnicType === 'direct') return { ...hostDevice(vif, 'vrouter'), portProfile: profile() };
  if (vif.vnicType === 'virtio-forwarder') {
    return { ...object(vif, 'VIFVHostUser', 'vrouter'), vifName: nameOf(vif), portProfile: profile(), ...socket(vif) };
  }
  throw new VifError('VIF_TYPE_UNSUPPORTED', `VIF ${vif.id}: a vRouter cannot connect a "${vif.vnicType}" card`, {
    fix: 'Bind the port again.',
    context: { vif: vif.id, vnicType: vif.vnicType },
  });
}

function object(vif: Vif, type: VifObject['type'], plugin: string) {
  const { id, address, details, preserveOnDelete, active } = vif;
  return {
    type,
    plugin,
    id,
    address,
    network: networkObject(vif),
    hasTrafficFiltering: details['port_filter'] === true,
    preserveOnDelete,
    ...(active !== undefined && { active }),
  };
}

function represented(vif: Vif, plugin: string): VifObject {
  return { ...hostDevice(vif, plugin), portProfile: representorProfile(vif) };
}

function hostDevice(vif: Vif, plugin: string) {
  return { ...object(vif, 'VIFHostDevice', plugin), devAddress: readPciSlot(vif), devType: 'ethernet' } as const;
}

function switchProfile(vif: Vif): PortProfileObject {
  return { type: 'VIFPortProfileOpenVSwitch', interfaceId: interfaceId(vif), datapathType: datapathType(vif) };
}

function representorProfile(vif: Vif): PortProfileObject {
  const { representorName, representorAddress } = offload(vif);
  const named = { interfaceId: interfaceId(vif), representorName, representorAddress };
  return { type: 'VIFPortProfileOVSRepresentor', ...named, datapathOffload: offload(vif) };
}

function fastPathProfile(vif: Vif): PortProfileObject {
  if (!vif.details['vhostuser_ovs_plug']) return { type: 'VIFPortProfileFPBridge', ...onBridge(vif) };
  const bridge = isHybrid(vif) ? { bridgeName: prefixedName('qbr', vif) } : onBridge(vif);
  const known = { interfaceId: interfaceId(vif), datapathType: datapathType(vif), hybridPlug: isHybrid(vif) };
  return { type: 'VIFPortProfileFPOpenVSwitch', ...known, ...bridge };
}

function offload(vif: Vif): RepresentorObject {
  const representorAddress = readPciSlot(vif);
  return { type: 'DatapathOffloadRepresentor', representorName: nameOf(vif), representorAddress };
}

function socket({ id, details }: Vif) {
  const { vhostuser_mode: mode = 'server', vhostuser_socket: path } = details;
  if (typeof path === 'string' && path !== '') return { mode: String(mode), path };
  throw new VifError('VIF_INVALID', `VIF ${id} lacks vhostuser_socket`, {
    fix: 'Correct the binding details.',
    context: { vif: id },
  });
}

function onBridge({ network: { bridge } }: Vif): { readonly bridgeName?: string } {
  return bridge === undefined ? {} : { bridgeName: bridge };
}

function nameOf(vif: Vif): string {
  return vif.devname ?? prefixedName('nic', vif);
}
