import { hex, onOff, openOneOf, str, u64, uint } from '../dsl/codec.ts';
import { type Alternatives, el, type El, type Infer, union } from '../dsl/el.ts';
import { attr, kid, leaf, opt, slot } from '../dsl/field.ts';
import { Address } from './address.ts';
import { AcpiIndex, Alias, IoThreadMapping, Size } from './common.ts';

const driver = el('driver', {
  queues: opt(attr('queues', uint)),
  cmdPerLun: opt(attr('cmd_per_lun', uint)),
  maxSectors: opt(attr('max_sectors', uint)),
  ioeventfd: opt(attr('ioeventfd', onOff)),
  iothread: opt(attr('iothread', uint)),
  iommu: opt(attr('iommu', onOff)),
  ats: opt(attr('ats', onOff)),
  packed: opt(attr('packed', onOff)),
  pagePerVq: opt(attr('page_per_vq', onOff)),
  iothreads: opt(kid(IoThreadMapping)),
});
/** Tuning of a virtio controller. */
export interface ControllerDriver extends Infer<typeof driver> {}
export const ControllerDriver: El<ControllerDriver> = driver;

const pciTarget = el('target', {
  chassisNr: opt(attr('chassisNr', uint)),
  chassis: opt(attr('chassis', uint)),
  port: opt(attr('port', hex(1))),
  busNr: opt(attr('busNr', uint)),
  index: opt(attr('index', uint)),
  hotplug: opt(attr('hotplug', onOff)),
  memReserve: opt(attr('memReserve', u64)),
  node: opt(leaf('node', uint)),
});
/** How the guest sees a PCI controller. */
export interface PciControllerTarget extends Infer<typeof pciTarget> {}
export const PciControllerTarget: El<PciControllerTarget> = pciTarget;

const controller = union(
  'controller',
  'type',
  {
    index: opt(attr('index', uint)),
    model: slot,
    modelName: slot,
    target: slot,
    driver: opt(kid(ControllerDriver)),
    pcihole64: slot,
    master: slot,
    acpi: opt(kid(AcpiIndex)),
    alias: opt(kid(Alias)),
    address: opt(kid(Address)),
  },
  {
    pci: {
      model: opt(
        attr(
          'model',
          openOneOf(
            'pci-root',
            'pcie-root',
            'pci-bridge',
            'dmi-to-pci-bridge',
            'pcie-to-pci-bridge',
            'pcie-root-port',
            'pcie-switch-upstream-port',
            'pcie-switch-downstream-port',
            'pci-expander-bus',
            'pcie-expander-bus',
          ),
        ),
      ),
      modelName: opt(kid(el('model', { name: attr('name', str) }))),
      target: opt(kid(PciControllerTarget)),
      pcihole64: opt(kid(Size, 'pcihole64')),
    },
    usb: {
      model: opt(
        attr(
          'model',
          openOneOf(
            'none',
            'qemu-xhci',
            'nec-xhci',
            'piix3-uhci',
            'piix4-uhci',
            'ehci',
            'ich9-ehci1',
            'ich9-uhci1',
            'ich9-uhci2',
            'ich9-uhci3',
            'vt82c686b-uhci',
            'pci-ohci',
            'qusb1',
            'qusb2',
          ),
        ),
      ),
      ports: opt(attr('ports', uint)),
      master: opt(kid(el('master', { startport: attr('startport', uint) }))),
    },
    scsi: {
      model: opt(
        attr(
          'model',
          openOneOf('virtio-scsi', 'virtio-transitional', 'virtio-non-transitional', 'lsilogic', 'lsisas1068', 'auto'),
        ),
      ),
    },
    'virtio-serial': {
      model: opt(attr('model', openOneOf('virtio', 'virtio-transitional', 'virtio-non-transitional'))),
      ports: opt(attr('ports', uint)),
      vectors: opt(attr('vectors', uint)),
    },
    ide: { model: opt(attr('model', openOneOf('piix3', 'piix4', 'ich6'))) },
    sata: { model: opt(attr('model', str)) },
    fdc: { model: opt(attr('model', str)) },
    ccid: { model: opt(attr('model', str)) },
    isa: { model: opt(attr('model', str)) },
    xenbus: {
      maxGrantFrames: opt(attr('maxGrantFrames', uint)),
      maxEventChannels: opt(attr('maxEventChannels', uint)),
    },
  },
);
/** A bus or port other devices hang on: https://libvirt.org/formatdomain.html#controllers */
export type Controller = Alternatives<Infer<typeof controller>>;
export const Controller: El<Controller> = controller;
