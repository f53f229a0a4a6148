import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { type Child, endChild, identifyChild } from './child.ts';
import { readStat } from './process-group.ts';

async function start(): Promise<Child> {
  const process = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
  await once(process, 'spawn');
  const child = identifyChild(process.pid ?? 0, 'sleep');
  if (!child) throw new Error('sleep ended at once');
  return child;
}

test('endChild ends a child once and waits until it is gone', async () => {
  const child = await start();
  await expect(endChild(child)).resolves.toBe(true);
  expect(readStat(child.pid)?.alive ?? false).toBe(false);
  await expect(endChild(child)).resolves.toBe(false);
});

test('endChild leaves another process with the same pid alone, and one of another boot', async () => {
  const child = await start();
  const [ticks, boot = ''] = child.startTime.split('@');
  await expect(endChild({ ...child, startTime: `${Number(ticks) - 1}@${boot}` })).resolves.toBe(false);
  await expect(endChild({ ...child, startTime: `${ticks}@${boot.replace(/^./, 'x')}` })).resolves.toBe(false);
  expect(readStat(child.pid)?.alive).toBe(true);
  await endChild(child);
});

test('endChild ends the descendants of a child that is gone itself', async () => {
  // The shell prints the pid of its child and waits for it.
  const shell = spawn('sh', ['-c', 'sleep 60 & echo $!; wait'], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [printed] = (await once(shell.stdout, 'data')) as [Buffer];
  const grandchild = Number(printed.toString());
  const child = identifyChild(shell.pid ?? 0, 'sh');
  if (!child) throw new Error('the shell ended at once');
  shell.kill('SIGKILL');
  await once(shell, 'exit');
  expect(readStat(grandchild)?.alive).toBe(true);

  const [ticks, boot = ''] = child.startTime.split('@');
  await expect(endChild({ ...child, startTime: `${Number(ticks) + 1_000_000}@${boot}` })).resolves.toBe(false);
  expect(readStat(grandchild)?.alive).toBe(true);
  await expect(endChild(child)).resolves.toBe(true);
  expect(readStat(grandchild)?.alive ?? false).toBe(false);
  await expect(endChild(child)).resolves.toBe(false);
});
