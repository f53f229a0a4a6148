import { oneOf, onOff, openOneOf, str, uint, yesNo } from '../dsl/codec.ts';
import { el, type El, type Infer } from '../dsl/el.ts';
import { attr, flag, kid, type Opt, opt } from '../dsl/field.ts';
import { Size, Toggle } from './common.ts';

/** A switch as a field. */
function toggle(name: string): Opt<Toggle> {
  return opt(kid(Toggle, name));
}

const hyperv = el('hyperv', {
  mode: opt(attr('mode', oneOf('custom', 'passthrough'))),
  relaxed: toggle('relaxed'),
  vapic: toggle('vapic'),
  spinlocks: opt(kid(el('spinlocks', { state: opt(attr('state', onOff)), retries: opt(attr('retries', uint)) }))),
  vpindex: toggle('vpindex'),
  runtime: toggle('runtime'),
  synic: toggle('synic'),
  stimer: opt(kid(el('stimer', { state: opt(attr('state', onOff)), direct: toggle('direct') }))),
  reset: toggle('reset'),
  vendorId: opt(kid(el('vendor_id', { state: opt(attr('state', onOff)), value: opt(attr('value', str)) }))),
  frequencies: toggle('frequencies'),
  reenlightenment: toggle('reenlightenment'),
  tlbflush: opt(
    kid(el('tlbflush', { state: opt(attr('state', onOff)), direct: toggle('direct'), extended: toggle('extended') })),
  ),
  ipi: toggle('ipi'),
  evmcs: toggle('evmcs'),
  avic: toggle('avic'),
  emsrBitmap: toggle('emsr_bitmap'),
  xmmInput: toggle('xmm_input'),
});
/** Enlightenments for Windows guests. */
export interface HyperV extends Infer<typeof hyperv> {}
export const HyperV: El<HyperV> = hyperv;

const kvm = el('kvm', {
  hidden: toggle('hidden'),
  hintDedicated: toggle('hint-dedicated'),
  pollControl: toggle('poll-control'),
  pvIpi: toggle('pv-ipi'),
  dirtyRing: opt(kid(el('dirty-ring', { state: opt(attr('state', onOff)), size: opt(attr('size', uint)) }))),
});
/** What KVM shows to the guest. */
export interface KvmFeatures extends Infer<typeof kvm> {}
export const KvmFeatures: El<KvmFeatures> = kvm;

const lxcCapabilities = el('capabilities', {
  policy: opt(attr('policy', oneOf('default', 'allow', 'deny'))),
  auditControl: toggle('audit_control'),
  auditWrite: toggle('audit_write'),
  blockSuspend: toggle('block_suspend'),
  chown: toggle('chown'),
  dacOverride: toggle('dac_override'),
  dacReadSearch: toggle('dac_read_search'),
  fowner: toggle('fowner'),
  fsetid: toggle('fsetid'),
  ipcLock: toggle('ipc_lock'),
  ipcOwner: toggle('ipc_owner'),
  kill: toggle('kill'),
  lease: toggle('lease'),
  linuxImmutable: toggle('linux_immutable'),
  macAdmin: toggle('mac_admin'),
  macOverride: toggle('mac_override'),
  mknod: toggle('mknod'),
  netAdmin: toggle('net_admin'),
  netBindService: toggle('net_bind_service'),
  netBroadcast: toggle('net_broadcast'),
  netRaw: toggle('net_raw'),
  setgid: toggle('setgid'),
  setfcap: toggle('setfcap'),
  setpcap: toggle('setpcap'),
  setuid: toggle('setuid'),
  sysAdmin: toggle('sys_admin'),
  sysBoot: toggle('sys_boot'),
  sysChroot: toggle('sys_chroot'),
  sysModule: toggle('sys_module'),
  sysNice: toggle('sys_nice'),
  sysPacct: toggle('sys_pacct'),
  sysPtrace: toggle('sys_ptrace'),
  sysRawio: toggle('sys_rawio'),
  sysResource: toggle('sys_resource'),
  sysTime: toggle('sys_time'),
  sysTtyConfig: toggle('sys_tty_config'),
  syslog: toggle('syslog'),
  wakeAlarm: toggle('wake_alarm'),
});
/** Which Linux capabilities a container keeps. */
export interface LxcCapabilities extends Infer<typeof lxcCapabilities> {}
export const LxcCapabilities: El<LxcCapabilities> = lxcCapabilities;

/** How a CPU's side channel is treated. */
const mitigation = openOneOf('broken', 'workaround', 'fixed', 'fixed-ibs', 'fixed-ccd', 'fixed-na');

const features = el('features', {
  acpi: flag('acpi'),
  apic: opt(kid(el('apic', { eoi: opt(attr('eoi', onOff)) }))),
  pae: flag('pae'),
  viridian: flag('viridian'),
  privnet: flag('privnet'),
  hap: toggle('hap'),
  hyperv: opt(kid(HyperV)),
  kvm: opt(kid(KvmFeatures)),
  xen: opt(
    kid(
      el('xen', {
        e820Host: toggle('e820_host'),
        passthrough: opt(kid(el('passthrough', { state: opt(attr('state', onOff)), mode: opt(attr('mode', str)) }))),
      }),
    ),
  ),
  pvspinlock: toggle('pvspinlock'),
  pmu: toggle('pmu'),
  ps2: toggle('ps2'),
  vmport: toggle('vmport'),
  gic: opt(kid(el('gic', { version: opt(attr('version', oneOf('2', '3', 'host'))) }))),
  smm: opt(kid(el('smm', { state: opt(attr('state', onOff)), tseg: opt(kid(Size, 'tseg')) }))),
  ioapic: opt(kid(el('ioapic', { driver: attr('driver', oneOf('kvm', 'qemu')) }))),
  hpt: opt(
    kid(
      el('hpt', {
        resizing: opt(attr('resizing', oneOf('enabled', 'disabled', 'required'))),
        maxpagesize: opt(kid(Size, 'maxpagesize')),
      }),
    ),
  ),
  vmcoreinfo: toggle('vmcoreinfo'),
  htm: toggle('htm'),
  nestedHv: toggle('nested-hv'),
  msrs: opt(kid(el('msrs', { unknown: attr('unknown', oneOf('ignore', 'fault')) }))),
  ccfAssist: toggle('ccf-assist'),
  cfpc: opt(kid(el('cfpc', { value: attr('value', mitigation) }))),
  sbbc: opt(kid(el('sbbc', { value: attr('value', mitigation) }))),
  ibs: opt(kid(el('ibs', { value: attr('value', mitigation) }))),
  tcg: opt(kid(el('tcg', { tbCache: opt(kid(Size, 'tb-cache')) }))),
  asyncTeardown: opt(kid(el('async-teardown', { enabled: opt(attr('enabled', yesNo)) }))),
  ras: toggle('ras'),
  aia: opt(kid(el('aia', { value: attr('value', openOneOf('aplic', 'aplic-imsic', 'none')) }))),
  capabilities: opt(kid(LxcCapabilities)),
});
/** What the hypervisor offers the guest: https://libvirt.org/formatdomain.html#hypervisor-features */
export interface Features extends Infer<typeof features> {}
export const Features: El<Features> = features;
