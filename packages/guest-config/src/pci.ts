import type { Address } from './schema/address.ts';

/** The place of a device on a PCI bus. */
export type PciAddress = Extract<Address, { readonly type: 'pci' }>;

/**
 * The address that `lspci` and sysfs write as `0000:00:04.0`; without domain it is in domain 0.
 *
 * @throws RangeError when the text is no such address.
 */
export function pci(text: string): PciAddress {
  const [, domain = '0', bus, slot, fn] =
    /^(?:([0-9a-f]{4,8}):)?([0-9a-f]{2}):([01][0-9a-f])\.([0-7])$/i.exec(text) ?? [];
  if (bus === undefined || slot === undefined || fn === undefined) {
    throw new RangeError(`Cannot read ${JSON.stringify(text)} as a PCI address: expected a form such as 0000:00:04.0`);
  }
  return {
    type: 'pci',
    domain: Number.parseInt(domain, 16),
    bus: Number.parseInt(bus, 16),
    slot: Number.parseInt(slot, 16),
    function: Number.parseInt(fn, 16),
  };
}
