import { atMost, hex, matching, onOff, str, uint, uuid } from '../dsl/codec.ts';
import { type Alternatives, el, type El, type Infer, union } from '../dsl/el.ts';
import { attr, kid, opt } from '../dsl/field.ts';

const usbPort = matching(
  /^(?:(?:0x)?[0-9a-fA-F]{1,3}\.){0,3}(?:0x)?[0-9a-fA-F]{1,3}$/,
  'one to four port numbers such as 1.2',
);

/** The place on a PCI bus. */
export const pciFields = {
  domain: opt(attr('domain', atMost(0xffff_ffff, hex(4)))),
  bus: opt(attr('bus', atMost(0xff, hex(2)))),
  slot: opt(attr('slot', atMost(0x1f, hex(2)))),
  function: opt(attr('function', atMost(7, hex(1)))),
  multifunction: opt(attr('multifunction', onOff)),
} as const;

const pciSource = el('address', { type: opt(attr('type', str)), ...pciFields });
/** Address of a PCI device of the host. */
export interface PciSourceAddress extends Infer<typeof pciSource> {}
export const PciSourceAddress: El<PciSourceAddress> = pciSource;

const address = union(
  'address',
  'type',
  {},
  {
    pci: {
      ...pciFields,
      zpci: opt(kid(el('zpci', { uid: opt(attr('uid', hex(4))), fid: opt(attr('fid', hex(8))) }))),
    },
    drive: {
      controller: opt(attr('controller', uint)),
      bus: opt(attr('bus', uint)),
      target: opt(attr('target', uint)),
      unit: opt(attr('unit', uint)),
    },
    'virtio-serial': {
      controller: opt(attr('controller', uint)),
      bus: opt(attr('bus', uint)),
      port: opt(attr('port', uint)),
    },
    ccid: { controller: opt(attr('controller', uint)), slot: opt(attr('slot', uint)) },
    usb: {
      bus: opt(attr('bus', uint)),
      /** Hub ports from the root, such as `1.2`. */
      port: opt(attr('port', usbPort)),
      device: opt(attr('device', uint)),
    },
    'spapr-vio': { reg: opt(attr('reg', atMost(0xffff_ffff, hex(8)))) },
    'virtio-s390': {},
    ccw: { cssid: opt(attr('cssid', hex(2))), ssid: opt(attr('ssid', hex(1))), devno: opt(attr('devno', hex(4))) },
    'virtio-mmio': {},
    isa: { iobase: opt(attr('iobase', hex(1))), irq: opt(attr('irq', hex(1))) },
    dimm: { slot: opt(attr('slot', uint)), base: opt(attr('base', hex(1))) },
    mdev: { uuid: opt(attr('uuid', uuid)) },
    unassigned: {},
  },
);
/** Where a device sits in the guest: https://libvirt.org/formatdomain.html#device-addresses */
export type Address = Alternatives<Infer<typeof address>>;
export const Address: El<Address> = address;
