import { join } from 'node:path';
import { hostExec } from '@spawnkit/effects';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../../..');
const obstacle = process.getuid?.() === 0 ? undefined : 'mounts need root';
if (obstacle) process.stderr.write(`skipped, roots of containers: ${obstacle}\n`);

describe.skipIf(obstacle)('the root of a container, with the loop devices of user-mode Linux', () => {
  test('is mounted once, outlives the host’s side in the container, and leaves neither mount nor loop device', async () => {
    const exec = hostExec();
    await exec(join(root, 'tooling/setup/debian'), ['base', 'uml'], { timeoutMs: 600_000 });
    const script = join(import.meta.dirname, '../uml/mount-root.ts');
    const machine = ['--memory', '768', '--seconds', '150', '--', process.execPath, script];
    const { stdout } = await exec(join(root, 'tooling/lab/uml/run'), machine, { cwd: root, timeoutMs: 170_000 });
    expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toEqual({
      mounted: 'from the image',
      loops: 1,
      released: [],
      container: 'from the image',
      tornDown: { files: ['disk', 'tree'], loops: 0 },
      refusal: 'LXC_ROOT_FAILED',
      afterRefusal: 0,
    });
  });
});
