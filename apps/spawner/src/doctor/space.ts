import { statfs } from 'node:fs/promises';
import { formatSize } from '../spec/units.ts';
import type { Check } from './finding.ts';
import { nearestExisting } from './nearest-existing.ts';

const GiB = 1n << 30n;
/** Below this, the first larger image fills the disk. */
const WARN_BELOW = 2n * GiB;
const ROUND_TO = 1n << 20n;

/** How much room the image cache and the disks of instances have. */
export const examineSpace: Check = async ({ host: { paths } }) => {
  const { bavail, bsize, ffree, files } = await statfs(await nearestExisting(paths.instances), { bigint: true });
  const free = (bavail * bsize) / ROUND_TO;
  const detail = `${formatSize(free * ROUND_TO)} free for ${paths.instances}`;
  const fix = 'spawner image prune removes images that nobody uses; --instances-dir names another place.';
  if (files > 0n && ffree === 0n) return [{ what: 'space', verdict: 'missing', detail: 'no inode is free', fix }];
  if (free * ROUND_TO < WARN_BELOW) return [{ what: 'space', verdict: 'warning', detail, fix }];
  return [{ what: 'space', verdict: 'good', detail }];
};
