import { afterAll, beforeAll, expect, test } from 'vitest';
import { deleteMany, launchMany } from '../many-launches.ts';
import { openLab, type Tiny } from './lab.ts';
import { takeSnapshot, withKeptDirectories } from './snapshot.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

let tiny: Tiny;
let workspace: Workspace;
beforeAll(async () => {
  tiny = openLab();
  workspace = await openWorkspace(tiny);
  // Makes the directories that are kept.
  expect(await workspace.cli(['doctor'])).toMatchObject({ code: 0 });
});
afterAll(async () => await workspace?.[Symbol.asyncDispose]());

test('ten launches at once of an image that nobody has fetch it once, and ten deletes leave nothing', async () => {
  const before = takeSnapshot(workspace);
  const names = await launchMany(workspace, tiny, { count: 10, atOnce: 10 });
  await deleteMany(workspace, names, 10);
  expect(takeSnapshot(workspace)).toEqual(withKeptDirectories(before, workspace));
});
