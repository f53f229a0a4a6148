import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, lstat, mkdir, mkdtemp, open, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isFileAt } from './flock.ts';
import { acquireLock } from './lock.ts';

let root: string;
let directory: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'effects-lock-'));
  directory = join(root, 'locks');
});
afterEach(() => rm(root, { recursive: true }));

/** What flock(1), a stranger, says about a lock file. */
function strangerGets(path: string, ...flags: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    execFile('flock', ['--nonblock', ...flags, path, 'true'], (error) => resolve(error === null));
  });
}

/** Whether a promise settles within a while that is long for what runs here. */
async function staysPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  return (await Promise.race([promise, delay(150, pending)])) === pending;
}

test('a lock keeps out other processes and ourselves until it is released, and leaves no file', async () => {
  const lock = await acquireLock({ directory, name: 'one' });
  expect(lock.path).toBe(join(directory, 'one.lock'));
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  expect(await strangerGets(lock.path)).toBe(false);
  await expect(acquireLock({ directory, name: 'one', wait: false })).rejects.toMatchObject({
    name: 'EffectsError',
    code: 'LOCK_HELD',
    context: { path: lock.path },
  });
  await using other = await acquireLock({ directory, name: 'two', wait: false });
  expect(other.path).not.toBe(lock.path);
  await Promise.all([lock.release(), lock.release()]);
  expect(await readdir(directory)).toEqual(['two.lock']);
  await using again = await acquireLock({ directory, name: 'one', wait: false });
  expect(again.path).toBe(lock.path);
});

test('leaving the scope of a lock releases it', async () => {
  {
    await using lock = await acquireLock({ directory, name: 'one' });
    expect(await strangerGets(lock.path)).toBe(false);
  }
  expect(await readdir(directory)).toEqual([]);
});

test('many who want one lock get it one after the other, although each removes the file', async () => {
  let inside = 0;
  let most = 0;
  const one = async () => {
    await using lock = await acquireLock({ directory, name: 'one' });
    most = Math.max(most, ++inside);
    expect(await strangerGets(lock.path)).toBe(false);
    inside--;
  };
  await Promise.all(Array.from({ length: 8 }, one));
  expect(most).toBe(1);
  expect(await readdir(directory)).toEqual([]);
});

test('a waiter whose file was removed in the meantime takes the lock of the new file', async () => {
  const first = await acquireLock({ directory, name: 'one' });
  const waiter = acquireLock({ directory, name: 'one' });
  expect(await staysPending(waiter)).toBe(true);
  await rm(first.path);
  const usurper = await acquireLock({ directory, name: 'one', wait: false });
  await first.release();
  expect(await staysPending(waiter)).toBe(true);
  await usurper.release();
  const lock = await waiter;
  expect(await strangerGets(lock.path)).toBe(false);
  await lock.release();
});

test('isFileAt tells a file that was removed or replaced', async () => {
  const path = join(root, 'file');
  await using file = await open(path, 'wx');
  expect(await isFileAt(file, path)).toBe(true);
  await rm(path);
  expect(await isFileAt(file, path)).toBe(false);
  await writeFile(path, '');
  expect(await isFileAt(file, path)).toBe(false);
});

test('commands that run while a lock is held do not keep it', async () => {
  const lock = await acquireLock({ directory, name: 'one' });
  const command = spawn('sleep', ['60'], { stdio: 'ignore' });
  await once(command, 'spawn');
  await lock.release();
  await writeFile(lock.path, '');
  expect(await strangerGets(lock.path)).toBe(true);
  command.kill('SIGKILL');
});

test('the kernel frees the lock of a process that was killed', async () => {
  const script = join(import.meta.dirname, '../test/lock-holder.ts');
  const holder = spawn(process.execPath, ['--no-warnings', script, directory, 'one'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  await expect(acquireLock({ directory, name: 'one', wait: false })).rejects.toMatchObject({ code: 'LOCK_HELD' });
  const waiter = acquireLock({ directory, name: 'one', signal: AbortSignal.timeout(10_000) });
  expect(await staysPending(waiter)).toBe(true);
  holder.kill('SIGKILL');
  await (await waiter).release();
  expect(await readdir(directory)).toEqual([]);
});

test('a shared lock keeps out exclusive ones only, and its file stays for the others', async () => {
  const first = await acquireLock({ directory, name: 'one', shared: true });
  const second = await acquireLock({ directory, name: 'one', shared: true, wait: false });
  await expect(acquireLock({ directory, name: 'one', wait: false })).rejects.toMatchObject({ code: 'LOCK_HELD' });
  expect(await strangerGets(first.path, '--shared')).toBe(true);
  await first.release();
  expect(await strangerGets(second.path)).toBe(false);
  await second.release();
  await using lock = await acquireLock({ directory, name: 'one', wait: false });
  await expect(acquireLock({ directory, name: 'one', shared: true, wait: false })).rejects.toMatchObject({
    code: 'LOCK_HELD',
  });
  expect(lock.path).toBe(first.path);
});

test('whoever waits can be told to stop, before and while waiting, and holds nothing then', async () => {
  const reason = new Error('enough');
  await expect(acquireLock({ directory, name: 'one', signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const lock = await acquireLock({ directory, name: 'one' });
  const controller = new AbortController();
  const waiter = acquireLock({ directory, name: 'one', signal: controller.signal });
  expect(await staysPending(waiter)).toBe(true);
  controller.abort(reason);
  await expect(waiter).rejects.toBe(reason);
  await lock.release();
  await using again = await acquireLock({ directory, name: 'one', wait: false });
  expect(await strangerGets(again.path)).toBe(false);
});

test.each([
  ['others can write', 0o777, /can be written by others/],
  ['the group can write', 0o770, /can be written by others/],
])('a directory of locks that %s is refused', async (_, mode, message) => {
  await mkdir(directory);
  await chmod(directory, mode);
  const refused = acquireLock({ directory, name: 'one' });
  await expect(refused).rejects.toMatchObject({ code: 'LOCK_UNUSABLE', message, context: { path: directory } });
  expect(await readdir(directory)).toEqual([]);
  await using lock = await acquireLock({ directory, name: 'one', trustDirectory: true });
  expect(await strangerGets(lock.path)).toBe(false);
});

test('a directory of locks that is a link or a file is refused', async () => {
  await mkdir(join(root, 'elsewhere'), { mode: 0o700 });
  await symlink(join(root, 'elsewhere'), directory);
  const refused = acquireLock({ directory, name: 'one' });
  await expect(refused).rejects.toMatchObject({ code: 'LOCK_UNUSABLE', message: /is not a directory/ });
  expect((await lstat(directory)).isSymbolicLink()).toBe(true);
  await writeFile(join(root, 'file'), '');
  const inFile = acquireLock({ directory: join(root, 'file'), name: 'one' });
  await expect(inFile).rejects.toMatchObject({ code: 'LOCK_UNUSABLE', message: /file" cannot be made/ });
});

test('a lock file that is a link is refused, and what it points to is left alone', async () => {
  await mkdir(directory, { mode: 0o700 });
  await symlink(join(root, 'elsewhere'), join(directory, 'one.lock'));
  await expect(acquireLock({ directory, name: 'one' })).rejects.toMatchObject({ code: 'LOCK_UNUSABLE' });
  expect(await readdir(root)).toEqual(['locks']);
});

test.each(['', '.', '..', '../up', 'a/b', '.hidden', 'a\0', 'ä', 'x'.repeat(129)])(
  'a lock cannot have the name %j',
  async (name) => {
    await expect(acquireLock({ directory, name })).rejects.toMatchObject({ code: 'INVALID_NAME', context: { name } });
    expect(await readdir(root)).toEqual([]);
  },
);

test('a lock that cannot be taken for want of a program says which package has it', async () => {
  const path = process.env['PATH'];
  process.env['PATH'] = '/nonexistent';
  try {
    const refused = acquireLock({ directory, name: 'one' });
    await expect(refused).rejects.toMatchObject({ code: 'LOCK_UNUSABLE', message: /util-linux/ });
  } finally {
    process.env['PATH'] = path;
  }
});
