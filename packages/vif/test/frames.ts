import { join } from 'node:path';
import type { Exec } from '@spawnkit/effects';

/** Sends frames out of one tap device, as its guest, and answers which of them came out of the others. */
export async function sendFrames(
  exec: Exec,
  {
    from,
    to,
    frames,
  }: { readonly from: string; readonly to: string; readonly frames: Readonly<Record<string, string>> },
): Promise<readonly string[]> {
  const script = join(import.meta.dirname, 'frames.py');
  const input = Object.values(frames).join('\n');
  const { stdout } = await exec('/usr/bin/python3', [script, from, to], { input, timeoutMs: 30_000 });
  const seen = (JSON.parse(stdout) as Readonly<Record<string, readonly string[]>>)[to] ?? [];
  return Object.entries(frames).flatMap(([name, frame]) => (seen.includes(frame) ? [name] : []));
}

/** An IPv4 packet with UDP, in a frame to one that no switch knows yet, and which all of them therefore pass on. */
export function udpFrame({ mac, ip }: { readonly mac: string; readonly ip: string }): string {
  const header = ['4500', '002e', '0000', '0000', '40', '11', '0000', addressHex(ip), 'c0000263'].join('');
  // As long as the shortest frame: firewalls cut off what comes after the packet.
  const udp = ['1234', '1234', '001a', '0000', '68656c6c6f'.padEnd(36, '0')].join('');
  return `fa163e000099${macHex(mac)}0800${withChecksum(header)}${udp}`;
}

/** An ARP request that says who asks; `hardware` is who sends the frame. */
export function arpFrame({
  mac,
  ip,
  hardware = mac,
}: {
  readonly mac: string;
  readonly ip: string;
  readonly hardware?: string;
}): string {
  const asked = `0001080006040001${macHex(mac)}${addressHex(ip)}000000000000c0000263`;
  return `ffffffffffff${macHex(hardware)}0806${asked}${'00'.repeat(18)}`;
}

function macHex(mac: string): string {
  return mac.replaceAll(':', '');
}

function addressHex(ip: string): string {
  return ip
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join('');
}

/** The checksum of the IPv4 header stands in its bytes 10 and 11. */
function withChecksum(header: string): string {
  const words = header.match(/.{4}/g)?.map((word) => Number.parseInt(word, 16)) ?? [];
  let sum = words.reduce((total, word) => total + word, 0);
  while (sum > 0xff_ff) sum = (sum & 0xff_ff) + (sum >>> 16);
  const checksum = (~sum & 0xff_ff).toString(16).padStart(4, '0');
  return `${header.slice(0, 20)}${checksum}${header.slice(24)}`;
}
