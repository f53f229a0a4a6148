import { type GuestXmlCase, recordOf } from './recorded-case.ts';
import type { Outcome } from './recorded-outcome.ts';
import { all, type Tree } from './xml-tree.ts';

/** How the rules begin by which we refuse or change what Nova writes and libvirt 9 refuses; such cases count by themselves. */
export const libvirtRefuses = 'libvirt 9 refuses Nova’s document: ';

/** A document of Nova's as its rules see it. */
export interface NovaGuest {
  readonly one: GuestXmlCase;
  readonly domain: Tree;
  readonly arch: string;
}

/** What we write instead, by the rule: a change to each element of Nova's document. */
export const libvirtCorrections: Readonly<Record<string, (tree: Tree, guest: NovaGuest) => Tree>> = {
  'only the IOMMU of Intel takes settings, and only PCs have an I/O APIC': (tree, { arch }) => {
    if (tree.name === 'iommu') return tree.attrs.model === 'intel' ? tree : { ...tree, kids: [] };
    return tree.name === 'features' && !isPc(arch) ? without(tree, 'ioapic') : tree;
  },
  'ACPI needs UEFI on ARM': (tree, { arch, domain }) => {
    const uefi = all(domain).some(({ name }) => name === 'loader');
    return tree.name === 'features' && arch === 'aarch64' && !uefi ? without(tree, 'acpi') : tree;
  },
  'a period or bandwidth of 0 sets nothing': (tree) => ({ ...tree, kids: tree.kids.flatMap(withoutZeros) }),
  'features need a CPU model': (tree) => {
    const hasModel = tree.attrs.mode !== undefined || tree.kids.some(({ name }) => name === 'model');
    return tree.name === 'cpu' && !hasModel ? without(tree, 'feature') : tree;
  },
  'only PCs have the clock of Hyper-V': (tree, { arch }) =>
    tree.name === 'clock' && !isPc(arch)
      ? { ...tree, kids: tree.kids.filter(({ attrs }) => attrs.name !== 'hypervclock') }
      : tree,
  'native I/O needs a disk that is opened with O_DIRECT': (tree) => {
    const { cache, io } = tree.attrs;
    const isCached = tree.name === 'driver' && io === 'native' && cache !== 'none' && cache !== 'directsync';
    return isCached ? { ...tree, attrs: { ...tree.attrs, io: 'threads' } } : tree;
  },
  'a LUN takes no serial number': (tree) =>
    tree.name === 'disk' && tree.attrs.device === 'lun' ? without(tree, 'serial') : tree,
  'mainframes have no USB, so that keyboard and pointer sit on virtio': (tree, { arch }) => {
    if (!isMainframe(arch)) return tree;
    const { name, attrs } = tree;
    if (name === 'input' && attrs.bus === 'usb') return { ...tree, attrs: { ...attrs, bus: 'virtio' } };
    return name === 'controller' && attrs.type === 'usb' ? { ...tree, attrs: { ...attrs, model: 'none' } } : tree;
  },
  'mainframes have no QXL, so that SPICE shows a virtio card': (tree, { arch, one }) => {
    const wished = recordOf(recordOf(one.input.image_meta).properties).hw_video_model !== undefined;
    const isQxl = tree.name === 'model' && tree.attrs.type === 'qxl';
    return isMainframe(arch) && isQxl && !wished ? { ...tree, attrs: { ...tree.attrs, type: 'virtio' } } : tree;
  },
};

/** Periods and bandwidths without those of 0; nothing when none is left. */
function withoutZeros(tree: Tree): readonly Tree[] {
  if (tree.name !== 'cputune' && tree.name !== 'bandwidth') return [tree];
  const kids = tree.kids.filter(({ name, text, attrs }) => name + text !== 'period0' && attrs.average !== '0');
  const isEmpty = kids.length === 0 && tree.kids.length > 0;
  return isEmpty ? [] : [{ ...tree, kids: kids.map(withoutZeroAttributes) }];
}

function withoutZeroAttributes(tree: Tree): Tree {
  const isZero = ([name, value]: readonly [string, string]) => ['peak', 'burst'].includes(name) && value === '0';
  return { ...tree, attrs: Object.fromEntries(Object.entries(tree.attrs).filter((one) => !isZero(one))) };
}

/** What we refuse as well, by the rule: whether our refusal names what stands in Nova's document. */
export const libvirtRefusals: Readonly<Record<string, (ours: Refusal, guest: NovaGuest) => boolean>> = {
  'the machine type has no PCI bus': ({ code, context }, { domain }) =>
    code === 'MACHINE_TYPE_UNAVAILABLE' &&
    ['isapc', 'microvm', 'x-remote', 'versatilepb'].includes(String(context.machine)) &&
    all(domain).some(({ name, attrs }) => name === 'type' && attrs.machine === context.machine),
  'two disks have one place on a bus, or none': ({ code, context }, { domain }) =>
    code === 'DISK_BUS_UNAVAILABLE' &&
    typeof context.dev === 'string' &&
    elements(domain, 'target').some(({ attrs }) => attrs.dev === context.dev && attrs.bus === context.bus),
  'only raw disks are shared': ({ code, context }, { domain }) =>
    code === 'DISK_SOURCE_INVALID' &&
    elements(domain, 'disk').some(
      ({ kids }) =>
        kids.some(({ name }) => name === 'shareable') && kids.some(({ attrs }) => attrs.type === context.format),
    ),
  'an interface that another process serves is no virtio card': ({ code }, { domain }) =>
    code === 'VIF_MODEL_UNSUPPORTED' &&
    elements(domain, 'interface').some(
      ({ attrs, kids }) =>
        attrs.type === 'vhostuser' && !kids.some((kid) => kid.name === 'model' && kid.attrs.type === 'virtio'),
    ),
  'a PCI device is handed over twice': ({ code, context }, { domain }) =>
    code === 'PCI_UNAVAILABLE' && typeof context.address === 'string' && hasTwice(domain),
  'the machine has no such TPM': ({ code, context }, { domain }) =>
    code === 'INVALID_EXTRA_SPEC' && context.key === 'hw:tpm_version' && elements(domain, 'tpm').length > 0,
  'shares, period or quota are out of range': ({ code, context }, { domain }) =>
    code === 'INVALID_EXTRA_SPEC' &&
    elements(domain, 'cputune').some(({ kids }) =>
      kids.some(({ name, text }) => `quota:cpu_${name}` === context.key && text === context.value),
    ),
  'a disk is on a bus that takes no such device or that the machine does not have': ({ code, context }, { domain }) =>
    code === 'DISK_BUS_UNAVAILABLE' &&
    elements(domain, 'disk').some(
      (disk) =>
        disk.attrs.device === context.type &&
        disk.kids.some(({ name, attrs }) => name === 'target' && attrs.bus === context.bus),
    ),
  'a LUN is no raw block device, or encrypted': ({ code, context }, { domain }) =>
    code === 'DISK_SOURCE_INVALID' &&
    elements(domain, 'disk').some(
      ({ attrs, kids }) =>
        attrs.device === 'lun' &&
        (attrs.type !== 'block' || kids.some((kid) => kid.name === 'encryption' || kid.attrs.type === context.format)),
    ),
  'the SCSI controller does not exist': ({ code, context }, { domain }) =>
    code === 'SCSI_MODEL_UNAVAILABLE' &&
    elements(domain, 'controller').some(({ attrs }) => attrs.type === 'scsi' && attrs.model === context.model),
  'the graphics card does not exist': ({ code, context }, { domain }) =>
    code === 'VIDEO_MODEL_UNAVAILABLE' &&
    elements(domain, 'video').some(({ kids }) => kids.some(({ attrs }) => attrs.type === context.model)),
  'keyboard and pointer are on USB, which the machine does not have': ({ code }, { domain }) =>
    code === 'INPUT_BUS_UNAVAILABLE' && elements(domain, 'input').some(({ attrs }) => attrs.bus === 'usb'),
  'the IOMMU does not exist for the architecture': ({ code, context }, { domain }) =>
    code === 'IOMMU_UNAVAILABLE' && elements(domain, 'iommu').some(({ attrs }) => attrs.model === context.model),
  'a disk is limited both in total and for reading or writing': ({ code }, { domain }) =>
    (code === 'INVALID_EXTRA_SPEC' || code === 'DISK_SOURCE_INVALID') && elements(domain, 'iotune').some(limitsTwice),
};

type Refusal = Exclude<Outcome, { readonly xml: string }>;

/** Whether two devices have one address on the host. */
function hasTwice(domain: Tree): boolean {
  const sources = elements(domain, 'source').flatMap(({ kids }) =>
    kids.filter(({ attrs }) => attrs.slot !== undefined),
  );
  const places = sources.map(({ attrs }) => [attrs.domain, attrs.bus, attrs.slot, attrs.function].map(Number).join());
  return new Set(places).size !== places.length;
}

function limitsTwice({ kids }: Tree): boolean {
  const names = kids.map(({ name }) => name);
  return names.some(
    (name) =>
      name.startsWith('total') && ['read', 'write'].some((part) => names.includes(name.replace(/^total/, part))),
  );
}

function elements(domain: Tree, wanted: string): readonly Tree[] {
  return all(domain).filter(({ name }) => name === wanted);
}

function without(tree: Tree, kid: string): Tree {
  return { ...tree, kids: tree.kids.filter(({ name }) => name !== kid) };
}

function isPc(arch: string): boolean {
  return arch === 'x86_64' || arch === 'i686';
}

function isMainframe(arch: string): boolean {
  return arch === 's390' || arch === 's390x';
}
