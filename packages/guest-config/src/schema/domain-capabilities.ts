import { oneOf, openOneOf, str, u64, uint, yesNo } from '../dsl/codec.ts';
import { type Alternatives, el, type El, type Infer, union } from '../dsl/el.ts';
import { attr, kid, kids, leaf, leaves, type Opt, opt, text } from '../dsl/field.ts';
import { Size } from './common.ts';
import { CpuFeature, CpuModel, MaxPhysAddr } from './cpu.ts';

const choice = el('enum', { name: attr('name', str), values: leaves('value', str) });
/** The values that an attribute of a guest may have, under libvirt's name for it; without values, none. */
export interface Choice extends Infer<typeof choice> {}
export const Choice: El<Choice> = choice;

const support = el('support', { supported: attr('supported', yesNo), choices: kids(Choice) });
/** Whether the host can do something, and in which ways. */
export interface Support extends Infer<typeof support> {}
export const Support: El<Support> = support;

/** The support of something as a field. */
function supportOf(name: string): Opt<Support> {
  return opt(kid(Support, name));
}

const loader = el('loader', {
  supported: attr('supported', yesNo),
  /** Firmware images that libvirt knows of. */
  paths: leaves('value', str),
  choices: kids(Choice),
});
const os = el('os', { supported: attr('supported', yesNo), choices: kids(Choice), loader: opt(kid(loader)) });
/** Firmware that guests can have. */
export interface OsSupport extends Infer<typeof os> {}
export const OsSupport: El<OsSupport> = os;

const customModel = el('model', {
  usable: opt(attr('usable', oneOf('yes', 'no', 'unknown'))),
  deprecated: opt(attr('deprecated', yesNo)),
  vendor: opt(attr('vendor', str)),
  canonical: opt(attr('canonical', str)),
  name: text(str),
});
const blockers = el('blockers', {
  model: attr('model', str),
  features: kids(el('feature', { name: attr('name', str) })),
});

const cpuMode = union(
  'mode',
  'name',
  { supported: attr('supported', yesNo), choices: kids(Choice) },
  {
    'host-passthrough': {},
    maximum: {},
    /** The CPU that a guest gets. */
    'host-model': {
      model: opt(kid(CpuModel)),
      vendor: opt(leaf('vendor', str)),
      maxphysaddr: opt(kid(MaxPhysAddr)),
      features: kids(CpuFeature),
    },
    /** Models by name; `blockers` are the features for the lack of which one is not usable. */
    custom: { models: kids(customModel), blockers: kids(blockers) },
  },
);
/** What a CPU mode gives on this host. */
export type CpuModeSupport = Alternatives<Infer<typeof cpuMode>>;
export const CpuModeSupport: El<CpuModeSupport> = cpuMode;

const devices = el('devices', {
  disk: supportOf('disk'),
  graphics: supportOf('graphics'),
  video: supportOf('video'),
  hostdev: supportOf('hostdev'),
  rng: supportOf('rng'),
  filesystem: supportOf('filesystem'),
  tpm: supportOf('tpm'),
  redirdev: supportOf('redirdev'),
  channel: supportOf('channel'),
  crypto: supportOf('crypto'),
  interface: supportOf('interface'),
  panic: supportOf('panic'),
});
/** Devices that guests can have. */
export interface DeviceSupport extends Infer<typeof devices> {}
export const DeviceSupport: El<DeviceSupport> = devices;

const sev = el('sev', {
  supported: attr('supported', yesNo),
  cbitpos: opt(leaf('cbitpos', uint)),
  reducedPhysBits: opt(leaf('reducedPhysBits', uint)),
  maxGuests: opt(leaf('maxGuests', uint)),
  maxESGuests: opt(leaf('maxESGuests', uint)),
  cpu0Id: opt(leaf('cpu0Id', str)),
});
/** AMD's encrypted guests. */
export interface SevSupport extends Infer<typeof sev> {}
export const SevSupport: El<SevSupport> = sev;

const sgx = el('sgx', {
  supported: attr('supported', yesNo),
  flc: opt(leaf('flc', yesNo)),
  sgx1: opt(leaf('sgx1', yesNo)),
  sgx2: opt(leaf('sgx2', yesNo)),
  sectionSize: opt(kid(Size, 'section_size')),
  sections: opt(
    kid(
      el('sections', {
        sections: kids(
          el('section', { node: attr('node', uint), size: attr('size', u64), unit: opt(attr('unit', str)) }),
        ),
      }),
    ),
  ),
});
/** Intel's enclaves. */
export interface SgxSupport extends Infer<typeof sgx> {}
export const SgxSupport: El<SgxSupport> = sgx;

const features = el('features', {
  gic: supportOf('gic'),
  vmcoreinfo: supportOf('vmcoreinfo'),
  genid: supportOf('genid'),
  backingStoreInput: supportOf('backingStoreInput'),
  backup: supportOf('backup'),
  asyncTeardown: supportOf('async-teardown'),
  s390Pv: supportOf('s390-pv'),
  ps2: supportOf('ps2'),
  sev: opt(kid(SevSupport)),
  sgx: opt(kid(SgxSupport)),
  hyperv: supportOf('hyperv'),
  launchSecurity: supportOf('launchSecurity'),
});
/** Features that guests can have. */
export interface FeatureSupport extends Infer<typeof features> {}
export const FeatureSupport: El<FeatureSupport> = features;

const domainCapabilities = el('domainCapabilities', {
  /** The emulator. */
  path: opt(leaf('path', str)),
  domain: leaf('domain', openOneOf('kvm', 'qemu', 'lxc', 'xen', 'bhyve', 'hvf')),
  machine: opt(leaf('machine', str)),
  arch: leaf('arch', str),
  vcpu: opt(kid(el('vcpu', { max: attr('max', uint) }))),
  iothreads: supportOf('iothreads'),
  os: opt(kid(OsSupport)),
  cpu: opt(kid(el('cpu', { modes: kids(CpuModeSupport) }))),
  memoryBacking: supportOf('memoryBacking'),
  devices: opt(kid(DeviceSupport)),
  features: opt(kid(FeatureSupport)),
});
/** What one emulator, machine and hypervisor offers to guests: https://libvirt.org/formatdomaincaps.html */
export interface DomainCapabilities extends Infer<typeof domainCapabilities> {}
export const DomainCapabilities: El<DomainCapabilities> = domainCapabilities;

/**
 * The values of a choice by its name: `choiceOf(capabilities.devices?.disk, 'bus')`. Empty where it is not supported
 * or not told.
 */
export function choiceOf(support: Pick<Support, 'supported' | 'choices'> | undefined, name: string): readonly string[] {
  if (!support?.supported) return [];
  return support.choices?.find((choice) => choice.name === name)?.values ?? [];
}
