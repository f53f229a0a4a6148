import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { acquireLock } from './lock.ts';
import { removeStaleLocks } from './stale-locks.ts';

test('removeStaleLocks takes away what nobody holds, and nothing else', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'effects-stale-'));
  try {
    await using _held = await acquireLock({ directory, name: 'held' });
    await writeFile(join(directory, 'left.lock'), '');
    await writeFile(join(directory, 'note.txt'), 'of somebody else');
    expect(await removeStaleLocks(directory)).toEqual(['left']);
    expect((await readdir(directory)).toSorted()).toEqual(['held.lock', 'note.txt']);
    expect(await removeStaleLocks(join(directory, 'none'))).toEqual([]);
  } finally {
    await rm(directory, { recursive: true });
  }
});
