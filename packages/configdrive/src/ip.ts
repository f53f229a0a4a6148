import { isIP } from 'node:net';
import type { IpVersion } from '@spawnkit/instance';
import { ConfigDriveError } from './errors.ts';

const bitsOf = { 4: 32, 6: 128 } as const;

/** An address with its prefix length, such as `192.0.2.0/24` or `2001:db8::/64`. */
export interface Cidr {
  readonly version: IpVersion;
  readonly value: bigint;
  /** Bits. */
  readonly prefix: number;
}

/** Reads `address/prefix`; a bare address counts as one host. Throws INVALID_NETWORK. */
export function parseCidr(text: string): Cidr {
  const [address = '', prefixText, ...rest] = text.split('/');
  const version = isIP(address);
  if (rest.length > 0 || (version !== 4 && version !== 6)) throw invalid(text);
  const prefix = prefixText === undefined ? bitsOf[version] : parsePrefix(prefixText);
  if (!(prefix <= bitsOf[version])) throw invalid(text);
  return { version, value: addressValue(address, version), prefix };
}

/** Checks that a text is an address and gives it back. Throws INVALID_NETWORK. */
export function checkedAddress(text: string): string {
  if (isIP(text) === 0 || text.includes('%')) throw invalid(text);
  return text;
}

/** The netmask in address form: `255.255.255.0`, `ffff:ffff:ffff:ffff::`. */
export function netmask(cidr: Cidr): string {
  return addressText(mask(cidr), cidr.version);
}

/** The first address of the network. */
export function networkAddress(cidr: Cidr): string {
  return addressText(cidr.value & mask(cidr), cidr.version);
}

/** The last address of the network. */
export function broadcast(cidr: Cidr): string {
  const all = (1n << BigInt(bitsOf[cidr.version])) - 1n;
  return addressText((cidr.value & mask(cidr)) | (all ^ mask(cidr)), cidr.version);
}

function mask({ version, prefix }: Cidr): bigint {
  const host = BigInt(bitsOf[version] - prefix);
  return ((1n << BigInt(prefix)) - 1n) << host;
}

function parsePrefix(text: string): number {
  return /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
}

function addressValue(address: string, version: IpVersion): bigint {
  if (version === 4) return address.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
  const [head = '', tail] = dottedTailAsHex(address).split('::');
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

/** `::ffff:192.0.2.1` ends in an IPv4 address (RFC 4291, section 2.2). */
function dottedTailAsHex(address: string): string {
  return address.replace(/\d+\.\d+\.\d+\.\d+$/, (dotted) => {
    const value = addressValue(dotted, 4);
    return `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
  });
}

function groups(text: string): string[] {
  return text === '' ? [] : text.split(':');
}

function addressText(value: bigint, version: IpVersion): string {
  if (version === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
  const parts = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  const zeros = longestZeros(parts);
  if (zeros.length < 2) return parts.join(':');
  return `${parts.slice(0, zeros.start).join(':')}::${parts.slice(zeros.start + zeros.length).join(':')}`;
}

/** The run that `::` stands for (RFC 5952: the longest, the first of equals). */
function longestZeros(parts: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < parts.length; start++) {
    let length = 0;
    while (parts[start + length] === '0') length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}

function invalid(text: string): ConfigDriveError {
  return new ConfigDriveError(
    'INVALID_NETWORK',
    `Cannot describe the network: ${JSON.stringify(text)} is no IP address or prefix. Allowed are forms such as "192.0.2.0/24" and "2001:db8::/64".`,
    { value: text },
  );
}
