import { cpuset } from '../dsl/cpuset.ts';
import { base16u64, oneOf, openOneOf, str, uint, uuid, yesNo } from '../dsl/codec.ts';
import { el, type El, type Infer } from '../dsl/el.ts';
import { attr, flag, kid, leaf, opt } from '../dsl/field.ts';
import { Address } from './address.ts';
import { AcpiIndex, Alias, Size } from './common.ts';

const memory = el('memory', {
  model: attr('model', openOneOf('dimm', 'nvdimm', 'virtio-pmem', 'virtio-mem', 'sgx-epc')),
  access: opt(attr('access', oneOf('shared', 'private'))),
  discard: opt(attr('discard', yesNo)),
  uuid: opt(leaf('uuid', uuid)),
  source: opt(
    kid(
      el('source', {
        nodemask: opt(leaf('nodemask', cpuset)),
        pagesize: opt(kid(Size, 'pagesize')),
        path: opt(leaf('path', str)),
        alignsize: opt(kid(Size, 'alignsize')),
        pmem: flag('pmem'),
      }),
    ),
  ),
  target: opt(
    kid(
      el('target', {
        dynamicMemslots: opt(attr('dynamicMemslots', yesNo)),
        size: opt(kid(Size, 'size')),
        node: opt(leaf('node', uint)),
        label: opt(kid(el('label', { size: kid(Size, 'size') }))),
        block: opt(kid(Size, 'block')),
        requested: opt(kid(Size, 'requested')),
        current: opt(kid(Size, 'current')),
        readonly: flag('readonly'),
        address: opt(kid(el('address', { base: attr('base', base16u64(1)) }))),
      }),
    ),
  ),
  acpi: opt(kid(AcpiIndex)),
  alias: opt(kid(Alias)),
  address: opt(kid(Address)),
});
/** Memory that is plugged in, or kept on a file: https://libvirt.org/formatdomain.html#memory-devices */
export interface MemoryDevice extends Infer<typeof memory> {}
export const MemoryDevice: El<MemoryDevice> = memory;
