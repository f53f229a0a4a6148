import { oneOf, onOff, openOneOf, str, uint, uuid, yesNo } from '../dsl/codec.ts';
import { type Alternatives, el, type El, type Infer, union } from '../dsl/el.ts';
import { attr, flag, kid, kids, leaf, opt, slot } from '../dsl/field.ts';
import { Address, PciSourceAddress } from './address.ts';
import { AcpiIndex, Alias, Auth, Boot, Initiator, Rom, Teaming, UsbId } from './common.ts';
import { NetworkHost } from './disk-source.ts';
import { InterfaceIp, InterfaceRoute } from './network-port.ts';

const usbSource = el('source', {
  startupPolicy: opt(attr('startupPolicy', oneOf('mandatory', 'requisite', 'optional'))),
  guestReset: opt(attr('guestReset', oneOf('off', 'uninitialized', 'on'))),
  vendor: opt(kid(UsbId, 'vendor')),
  product: opt(kid(UsbId, 'product')),
  address: opt(
    kid(
      el('address', { bus: opt(attr('bus', uint)), device: opt(attr('device', uint)), port: opt(attr('port', str)) }),
    ),
  ),
});
/** A USB device of the host, by kind or by place. */
export interface HostdevUsbSource extends Infer<typeof usbSource> {}
export const HostdevUsbSource: El<HostdevUsbSource> = usbSource;

const scsiSource = union(
  'source',
  'protocol',
  { address: slot },
  {
    adapter: {
      adapter: opt(kid(el('adapter', { name: attr('name', str) }))),
      address: opt(
        kid(
          el('address', {
            type: opt(attr('type', str)),
            bus: opt(attr('bus', uint)),
            target: opt(attr('target', uint)),
            unit: opt(attr('unit', uint)),
          }),
        ),
      ),
    },
    iscsi: { name: attr('name', str), hosts: kids(NetworkHost), auth: opt(kid(Auth)), initiator: opt(kid(Initiator)) },
  },
  'adapter',
);
/** A SCSI device: of a host adapter, or of an iSCSI server. */
export type HostdevScsiSource = Alternatives<Infer<typeof scsiSource>>;
export const HostdevScsiSource: El<HostdevScsiSource> = scsiSource;

const capabilities = { mode: attr('mode', oneOf('capabilities')) } as const;
const subsystem = { mode: opt(attr('mode', oneOf('subsystem'))), managed: opt(attr('managed', yesNo)) } as const;

const hostdev = union(
  'hostdev',
  'type',
  {
    driver: slot,
    source: slot,
    boot: opt(kid(Boot)),
    rom: opt(kid(Rom)),
    teaming: opt(kid(Teaming)),
    readonly: flag('readonly'),
    shareable: flag('shareable'),
    ips: slot,
    routes: slot,
    acpi: opt(kid(AcpiIndex)),
    alias: opt(kid(Alias)),
    address: opt(kid(Address)),
  },
  {
    pci: {
      ...subsystem,
      display: opt(attr('display', onOff)),
      ramfb: opt(attr('ramfb', onOff)),
      driver: opt(
        kid(el('driver', { name: opt(attr('name', openOneOf('vfio', 'kvm', 'xen'))), model: opt(attr('model', str)) })),
      ),
      source: opt(
        kid(el('source', { writeFiltering: opt(attr('writeFiltering', yesNo)), address: kid(PciSourceAddress) })),
      ),
    },
    usb: { ...subsystem, source: opt(kid(HostdevUsbSource)) },
    scsi: {
      ...subsystem,
      rawio: opt(attr('rawio', yesNo)),
      sgio: opt(attr('sgio', oneOf('filtered', 'unfiltered'))),
      source: opt(kid(HostdevScsiSource)),
    },
    scsi_host: {
      ...subsystem,
      model: opt(attr('model', openOneOf('virtio', 'virtio-transitional', 'virtio-non-transitional'))),
      source: opt(kid(el('source', { protocol: opt(attr('protocol', oneOf('vhost'))), wwpn: opt(attr('wwpn', str)) }))),
    },
    mdev: {
      ...subsystem,
      model: opt(attr('model', openOneOf('vfio-pci', 'vfio-ccw', 'vfio-ap'))),
      display: opt(attr('display', onOff)),
      ramfb: opt(attr('ramfb', onOff)),
      source: opt(kid(el('source', { address: kid(el('address', { uuid: attr('uuid', uuid) })) }))),
    },
    storage: { ...capabilities, source: opt(kid(el('source', { block: leaf('block', str) }))) },
    misc: { ...capabilities, source: opt(kid(el('source', { char: leaf('char', str) }))) },
    net: {
      ...capabilities,
      source: opt(kid(el('source', { interface: leaf('interface', str) }))),
      ips: kids(InterfaceIp),
      routes: kids(InterfaceRoute),
    },
  },
);
/** A device of the host that the guest gets: https://libvirt.org/formatdomain.html#host-device-assignment */
export type Hostdev = Alternatives<Infer<typeof hostdev>>;
export const Hostdev: El<Hostdev> = hostdev;
