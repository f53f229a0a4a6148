import { atMost, int, oneOf, openOneOf, str, uint, yesNo } from '../dsl/codec.ts';
import { type Alternatives, el, type El, type Infer, union } from '../dsl/el.ts';
import { attr, kid, kids, leaf, leaves, opt, slot, text } from '../dsl/field.ts';
import { sourceVariants } from './disk-source.ts';

const loader = el('loader', {
  readonly: opt(attr('readonly', yesNo)),
  secure: opt(attr('secure', yesNo)),
  type: opt(attr('type', oneOf('rom', 'pflash'))),
  stateless: opt(attr('stateless', yesNo)),
  format: opt(attr('format', openOneOf('raw', 'qcow2'))),
  path: opt(text(str)),
});
/** The guest's firmware. */
export interface Loader extends Infer<typeof loader> {}
export const Loader: El<Loader> = loader;

const nvram = union(
  'nvram',
  'type',
  {
    template: opt(attr('template', str)),
    templateFormat: opt(attr('templateFormat', openOneOf('raw', 'qcow2'))),
    format: opt(attr('format', openOneOf('raw', 'qcow2'))),
    path: opt(text(str)),
    source: slot,
  },
  sourceVariants,
  'file',
);
/** Where the firmware keeps its variables: `path`, or `source` together with `type`. */
export type Nvram = Alternatives<Infer<typeof nvram>>;
export const Nvram: El<Nvram> = nvram;

const osType = el('type', {
  arch: opt(attr('arch', openOneOf('x86_64', 'aarch64', 'i686', 'ppc64', 'ppc64le', 's390x', 'riscv64', 'armv7l'))),
  machine: opt(attr('machine', str)),
  value: text(openOneOf('hvm', 'exe', 'linux', 'xen', 'xenpvh', 'uml')),
});
/** What the guest runs on: `hvm` for a whole machine, `exe` for a container. */
export interface OsType extends Infer<typeof osType> {}
export const OsType: El<OsType> = osType;

const os = el('os', {
  /** Lets libvirt choose the firmware. */
  firmware: opt(attr('firmware', oneOf('bios', 'efi'))),
  type: kid(OsType),
  firmwareFeatures: opt(
    kid(
      el('firmware', {
        features: kids(
          el('feature', {
            enabled: attr('enabled', yesNo),
            name: attr('name', openOneOf('secure-boot', 'enrolled-keys')),
          }),
        ),
      }),
    ),
  ),
  init: opt(leaf('init', str)),
  initargs: leaves('initarg', str),
  initenvs: kids(el('initenv', { name: attr('name', str), value: opt(text(str)) })),
  initdir: opt(leaf('initdir', str)),
  inituser: opt(leaf('inituser', str)),
  initgroup: opt(leaf('initgroup', str)),
  root: opt(leaf('root', str)),
  loader: opt(kid(Loader)),
  nvram: opt(kid(Nvram)),
  kernel: opt(leaf('kernel', str)),
  initrd: opt(leaf('initrd', str)),
  cmdline: opt(leaf('cmdline', str)),
  dtb: opt(leaf('dtb', str)),
  shim: opt(leaf('shim', str)),
  acpi: opt(
    kid(
      el('acpi', {
        tables: kids(
          el('table', { type: attr('type', openOneOf('slic', 'msdm', 'raw', 'rawset')), path: opt(text(str)) }),
        ),
      }),
    ),
  ),
  boots: kids(el('boot', { dev: attr('dev', oneOf('fd', 'hd', 'cdrom', 'network')) })),
  bootmenu: opt(
    kid(el('bootmenu', { enable: attr('enable', yesNo), timeout: opt(attr('timeout', atMost(0xffff, uint))) })),
  ),
  smbios: opt(kid(el('smbios', { mode: attr('mode', oneOf('emulate', 'host', 'sysinfo')) }))),
  bios: opt(
    kid(el('bios', { useserial: opt(attr('useserial', yesNo)), rebootTimeout: opt(attr('rebootTimeout', int)) })),
  ),
});
/** How the guest boots: https://libvirt.org/formatdomain.html#operating-system-booting */
export interface Os extends Infer<typeof os> {}
export const Os: El<Os> = os;
