import type { IdMap, IdMapRange } from '@spawnkit/guest-config';
import { type GuestPolicy, isQemu } from './guest-policy.ts';

/** Nova takes no more of them. */
const maximum = 5;

/** User and group ids of a container on its host; entries that are not `start:target:count` are left out, as in Nova. */
export function guestIdMap(policy: GuestPolicy): IdMap | undefined {
  if (isQemu(policy)) return undefined;
  const uids = ranges(policy.config.uidMaps);
  const gids = ranges(policy.config.gidMaps);
  return uids.length + gids.length > 0 ? { uids, gids } : undefined;
}

function ranges(texts: readonly string[]): readonly IdMapRange[] {
  return texts.slice(0, maximum).flatMap((text) => {
    const [start, target, count] = text.split(':').map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : undefined));
    return start === undefined || target === undefined || count === undefined ? [] : [{ start, target, count }];
  });
}
