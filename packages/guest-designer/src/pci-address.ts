import type { PciSourceAddress } from '@spawnkit/guest-config';

/** `0000:0b:00.1` as libvirt's address; undefined for other text. */
export function pciAddress(text: unknown): PciSourceAddress | undefined {
  const parts =
    typeof text === 'string' ? /^([0-9a-f]{1,4}):([0-9a-f]{1,2}):([0-9a-f]{1,2})\.([0-7])$/i.exec(text) : null;
  if (!parts) return undefined;
  const [domain, bus, slot, fn] = parts.slice(1).map((part) => Number.parseInt(part, 16));
  return { domain, bus, slot, function: fn };
}

/** libvirt's address as text: the inverse of {@link pciAddress}. */
export function pciText({ domain = 0, bus = 0, slot = 0, function: fn = 0 }: PciSourceAddress): string {
  const hex = (value: number, width: number) => value.toString(16).padStart(width, '0');
  return `${hex(domain, 4)}:${hex(bus, 2)}:${hex(slot, 2)}.${fn}`;
}
