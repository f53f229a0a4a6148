import { oneOf, str } from '../dsl/codec.ts';
import { el, type El, type Infer } from '../dsl/el.ts';
import { attr, kid, kids, opt } from '../dsl/field.ts';
import { namespace } from '../dsl/name.ts';

const qemu = namespace('qemu', 'http://libvirt.org/schemas/domain/qemu/1.0');
const lxc = namespace('lxc', 'http://libvirt.org/schemas/domain/lxc/1.0');
const xen = namespace('xen', 'http://libvirt.org/schemas/domain/xen/1.0');
const bhyve = namespace('bhyve', 'http://libvirt.org/schemas/domain/bhyve/1.0');
/** Names of libvirt's VMware driver. */
export const vmware = namespace('vmware', 'http://libvirt.org/schemas/domain/vmware/1.0');

const qemuCommandline = el(qemu('commandline'), {
  args: kids(el(qemu('arg'), { value: attr('value', str) })),
  envs: kids(el(qemu('env'), { name: attr('name', str), value: opt(attr('value', str)) })),
});
/**
 * Arguments and environment that QEMU gets as they are:
 * https://libvirt.org/drvqemu.html#pass-through-of-arbitrary-qemu-commands
 */
export interface QemuCommandline extends Infer<typeof qemuCommandline> {}
export const QemuCommandline: El<QemuCommandline> = qemuCommandline;

const qemuCapabilities = el(qemu('capabilities'), {
  adds: kids(el(qemu('add'), { capability: attr('capability', str) })),
  dels: kids(el(qemu('del'), { capability: attr('capability', str) })),
});
/** Capabilities that libvirt is told QEMU has or lacks. */
export interface QemuCapabilities extends Infer<typeof qemuCapabilities> {}
export const QemuCapabilities: El<QemuCapabilities> = qemuCapabilities;

const qemuOverride = el(qemu('override'), {
  devices: kids(
    el(qemu('device'), {
      alias: attr('alias', str),
      frontend: opt(
        kid(
          el(qemu('frontend'), {
            properties: kids(
              el(qemu('property'), {
                name: attr('name', str),
                type: attr('type', oneOf('string', 'signed', 'unsigned', 'bool', 'remove')),
                value: opt(attr('value', str)),
              }),
            ),
          }),
        ),
      ),
    }),
  ),
});
/** Properties of single devices, set behind libvirt's back. */
export interface QemuOverride extends Infer<typeof qemuOverride> {}
export const QemuOverride: El<QemuOverride> = qemuOverride;

const qemuDeprecation = el(qemu('deprecation'), {
  behavior: attr('behavior', oneOf('none', 'omit', 'reject', 'crash')),
});
/** What QEMU does about deprecated features. */
export interface QemuDeprecation extends Infer<typeof qemuDeprecation> {}
export const QemuDeprecation: El<QemuDeprecation> = qemuDeprecation;

const lxcNamespace = el(lxc('namespace'), {
  sharenet: opt(
    kid(el(lxc('sharenet'), { type: attr('type', oneOf('netns', 'name', 'pid')), value: attr('value', str) })),
  ),
  shareipc: opt(kid(el(lxc('shareipc'), { type: attr('type', oneOf('name', 'pid')), value: attr('value', str) }))),
  shareuts: opt(kid(el(lxc('shareuts'), { type: attr('type', oneOf('name', 'pid')), value: attr('value', str) }))),
});
/** Name spaces that a container shares with others: https://libvirt.org/drvlxc.html */
export interface LxcNamespace extends Infer<typeof lxcNamespace> {}
export const LxcNamespace: El<LxcNamespace> = lxcNamespace;

const xenCommandline = el(xen('commandline'), { args: kids(el(xen('arg'), { value: attr('value', str) })) });
/** Arguments that Xen's device model gets as they are. */
export interface XenCommandline extends Infer<typeof xenCommandline> {}
export const XenCommandline: El<XenCommandline> = xenCommandline;

const bhyveCommandline = el(bhyve('commandline'), { args: kids(el(bhyve('arg'), { value: attr('value', str) })) });
/** Arguments that bhyve gets as they are. */
export interface BhyveCommandline extends Infer<typeof bhyveCommandline> {}
export const BhyveCommandline: El<BhyveCommandline> = bhyveCommandline;
