import { openOneOf, str } from '../dsl/codec.ts';
import { type Alternatives, el, type El, type Infer, union } from '../dsl/el.ts';
import { attr, kid, kids, leaves, opt, text } from '../dsl/field.ts';

/** Entries of one SMBIOS table. */
function table<const Entry extends string>(name: string, ...entries: readonly Entry[]) {
  return el(name, {
    entries: kids(el('entry', { name: attr('name', openOneOf(...entries)), value: opt(text(str)) })),
  });
}

const sysinfo = union(
  'sysinfo',
  'type',
  {},
  {
    smbios: {
      bios: opt(kid(table('bios', 'vendor', 'version', 'date', 'release'))),
      system: opt(kid(table('system', 'manufacturer', 'product', 'version', 'serial', 'uuid', 'sku', 'family'))),
      baseBoards: kids(table('baseBoard', 'manufacturer', 'product', 'version', 'serial', 'asset', 'location')),
      chassis: opt(kid(table('chassis', 'manufacturer', 'version', 'serial', 'asset', 'sku'))),
      oemStrings: opt(kid(el('oemStrings', { entries: leaves('entry', str) }))),
    },
    fwcfg: {
      entries: kids(el('entry', { name: attr('name', str), file: opt(attr('file', str)), value: opt(text(str)) })),
    },
  },
);
/**
 * What the guest's firmware tells about the machine: https://libvirt.org/formatdomain.html#smbios-system-information
 */
export type Sysinfo = Alternatives<Infer<typeof sysinfo>>;
export const Sysinfo: El<Sysinfo> = sysinfo;
