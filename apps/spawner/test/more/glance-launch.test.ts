import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  deleteImage,
  downGlance,
  glanceEndpoint,
  upGlance,
  uploadImage,
} from '../../../../packages/image-backend/test/glance.ts';
import { openLab, type Tiny } from '../integration/lab.ts';
import { openWorkspace, uniqueName, type Workspace } from '../integration/workspace.ts';

let tiny: Tiny;
let workspace: Workspace;
beforeAll(async () => {
  tiny = openLab();
  workspace = await openWorkspace(tiny);
  await upGlance('file');
}, 900_000);
afterAll(async () => {
  await workspace?.[Symbol.asyncDispose]();
  await downGlance();
}, 120_000);

test('a real image service without identity service serves the image of a guest', async () => {
  const id = await uploadImage(join(tiny.directory, 'disk.qcow2'), 'qcow2');
  try {
    const name = uniqueName('glance');
    const image = `glance+${glanceEndpoint}/${id}`;
    const launched = await workspace.cli(
      ['launch', await workspace.spec(name, `image: ${image}`), '--wait-for', 'TINY-READY', '--json'],
      { env: { OS_TOKEN: '' } },
    );
    expect(launched.code, launched.stderr).toBe(0);
    expect((await workspace.cli(['logs', name])).stdout).toContain(`TINY-IMAGE ${tiny.marker}`);
    const cached = JSON.parse((await workspace.cli(['image', 'list', '--json'])).stdout) as readonly object[];
    expect(cached).toContainEqual(expect.objectContaining({ imageId: id, role: 'image' }));
    expect(await workspace.cli(['delete', name])).toMatchObject({ code: 0 });
  } finally {
    await deleteImage(id);
  }
});
