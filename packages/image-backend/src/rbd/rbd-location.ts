import { isRbdPart } from './rbd-options.ts';
import type { RbdSnapshot } from './rbd-name.ts';

/** An image of the image service in a Ceph cluster. */
export interface RbdLocation extends RbdSnapshot {
  readonly fsid: string;
}

/**
 * The parts of `rbd://fsid/pool/image/snapshot`, as Glance writes it, percent-encoded. Otherwise the reason why it is no
 * such location, as part of a sentence.
 */
export function parseRbdLocation(url: string): RbdLocation | string {
  if (!url.startsWith('rbd://')) return 'it is not in Ceph';
  const parts = decoded(url.slice('rbd://'.length).split('/'));
  const [fsid, pool, image, snapshot, ...more] = parts ?? [];
  if (!fsid || !pool || !image || !snapshot || more.length > 0) return 'its address has other than four parts';
  if ([pool, image, snapshot].every(isRbdPart)) return { fsid, pool, image, snapshot };
  return 'its address has characters that Ceph takes for something else';
}

/** The address of an image, as Glance writes it. */
export function formatRbdLocation({ fsid, pool, image, snapshot }: RbdLocation): string {
  return `rbd://${[fsid, pool, image, snapshot].map(encodeURIComponent).join('/')}`;
}

function decoded(parts: readonly string[]): readonly string[] | undefined {
  try {
    return parts.map(decodeURIComponent);
  } catch {
    return undefined;
  }
}
