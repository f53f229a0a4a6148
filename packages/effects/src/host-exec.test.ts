import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Child } from './child.ts';
import { hostExec } from './host-exec.ts';
import { readStat } from './process-group.ts';
import { Secret } from './secret.ts';

const exec = hostExec();
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'effects-exec-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** A program of Node's that runs `code`. */
const node = (code: string) => ['-e', code] as const;
const isAlive = (pid: number) => readStat(pid)?.alive === true;

/** A line of pids that a program wrote, once it is whole. */
async function pidsIn(path: string): Promise<number[]> {
  for (;;) {
    const found = await readFile(path, 'utf8').catch(() => '');
    if (found.endsWith('\n')) return found.trim().split(' ').map(Number);
    await delay(10);
  }
}

/** Starts a grandchild with the given stdio, writes both pids down, and outlives SIGTERM, as the grandchild does. */
const stubbornFamily = (path: string, stdio: string) =>
  node(`
    process.on('SIGTERM', () => {});
    const child = require('child_process').spawn(process.execPath,
      ['-e', "process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)"],
      { stdio: ['ignore', 'pipe', ${stdio}] });
    child.stdout.once('data', () => require('fs').writeFileSync(${JSON.stringify(path)}, process.pid + ' ' + child.pid + '\\n'));
    setInterval(() => {}, 1000);
  `);

test('hostExec hands over arguments as they are and returns both outputs', async () => {
  const args = ['%s|', '$HOME', '; rm -rf x', '*', 'ä'];
  await expect(exec('printf', args)).resolves.toEqual({ stdout: '$HOME|; rm -rf x|*|ä|', stderr: '', exitCode: 0 });
  const both = await exec(process.execPath, node('console.log("out"); console.error("err"); process.exit(3)'), {
    okExitCodes: [0, 3],
  });
  expect(both).toEqual({ stdout: 'out\n', stderr: 'err\n', exitCode: 3 });
});

test('hostExec gives a minimal environment, the directory that was asked for, and a closed stdin', async () => {
  process.env['EFFECTS_TEST_LEAK'] = 'leaked';
  const { stdout } = await exec('env', [], { env: { EXTRA: '1' } });
  delete process.env['EFFECTS_TEST_LEAK'];
  const names = stdout
    .trim()
    .split('\n')
    .map((line) => line.split('=')[0]);
  expect(names.toSorted((a, b) => (a ?? '').localeCompare(b ?? ''))).toEqual([
    'EXTRA',
    'HOME',
    'LANG',
    'LC_ALL',
    'PATH',
  ]);
  await expect(exec('pwd', ['-P'], { cwd: directory })).resolves.toMatchObject({ stdout: `${directory}\n` });
  await expect(exec('cat', [])).resolves.toMatchObject({ stdout: '' });
});

test('hostExec writes text, bytes and secrets to stdin, and does not mind a program that reads none', async () => {
  await expect(exec('cat', [], { input: 'text' })).resolves.toMatchObject({ stdout: 'text' });
  await expect(exec('cat', [], { input: Buffer.from('bytes') })).resolves.toMatchObject({ stdout: 'bytes' });
  await expect(exec('cat', [], { input: new Secret('hidden') })).resolves.toMatchObject({ stdout: 'hidden' });
  await expect(exec('true', [], { input: 'x'.repeat(4_000_000) })).resolves.toMatchObject({ exitCode: 0 });
});

test('hostExec says which command failed how, with the last line and the tail of stderr', async () => {
  const code = 'console.error("x".repeat(9000) + "\\nthe reason"); process.exit(7)';
  const error = await exec(process.execPath, node(code)).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: 'EXEC_FAILED',
    message: `${process.execPath} -e ${code} failed with exit code 7: the reason`,
    context: { file: process.execPath, args: ['-e', code], exitCode: 7 },
  });
  const { stderr } = (error as { context: { stderr: string } }).context;
  expect(Buffer.byteLength(stderr)).toBeLessThanOrEqual(4096);
  expect(stderr).toMatch(/the reason\n$/);
});

test('hostExec names a program that is missing, whatever it is run through', async () => {
  const missing = { code: 'EXEC_NOT_FOUND', message: expect.stringContaining('"no-such-program"') };
  await expect(exec('no-such-program', [])).rejects.toMatchObject(missing);
  await expect(exec('no-such-program', [], { limits: { cpuSeconds: 1 } })).rejects.toMatchObject(missing);
  await writeFile(join(directory, 'plain'), 'not executable');
  await expect(exec('./plain', [], { cwd: directory })).rejects.toMatchObject({ code: 'EXEC_NOT_FOUND' });
  await expect(exec(directory, [])).rejects.toMatchObject({ code: 'EXEC_NOT_FOUND' });
  await expect(exec('cat', [], { env: { PATH: '/nowhere' } })).rejects.toMatchObject({ code: 'EXEC_NOT_FOUND' });
  await expect(exec('cat', [], { cwd: '/no/such/place' })).rejects.toThrow('cannot run in "/no/such/place"');
});

test('hostExec says when the host would not start the program', async () => {
  const failed = exec('true', ['x'.repeat(300_000)]);
  await expect(failed).rejects.toMatchObject({ code: 'EXEC_FAILED', context: { errno: 'E2BIG' } });
});

test('hostExec keeps secrets out of errors and logs, even when the program prints them', async () => {
  const canary = 'canary-5f2e';
  const seen: unknown[] = [];
  const note = (...entry: unknown[]) => void seen.push(entry);
  const log = { debug: note, info: note, warn: note, error: note };
  const repeat = 'process.stdin.pipe(process.stderr); process.stdin.on("end", () => { process.exitCode = 1 })';
  for (const input of [new Secret(canary), new Secret(`first line\n${canary}\n`)]) {
    const error = await hostExec({ log })(process.execPath, node(repeat), { input }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'EXEC_FAILED', context: { stderr: expect.stringContaining('***') } });
    expect(inspect([error, seen], { depth: null, showHidden: true })).not.toContain(canary);
  }
  expect(seen).toHaveLength(2);
});

test.each(['abort', 'timeout'])('hostExec leaves no survivor after %s, grandchildren included', async (way) => {
  for (const stdio of ["'inherit'", "'ignore'"]) {
    const path = join(directory, `${way}-${stdio.length}`);
    const aborting = new AbortController();
    const options = way === 'abort' ? { signal: aborting.signal } : { timeoutMs: 1500 };
    const running = exec(process.execPath, stubbornFamily(path, stdio), options);
    running.catch(() => {});
    const pids = await pidsIn(path);
    expect(pids.map(isAlive)).toEqual([true, true]);
    aborting.abort(new Error('no longer wanted'));
    if (way === 'abort') await expect(running).rejects.toThrow('no longer wanted');
    else
      await expect(running).rejects.toMatchObject({
        code: 'EXEC_TIMEOUT',
        message: expect.stringContaining('1500 ms'),
      });
    expect(pids.map(isAlive)).toEqual([false, false]);
  }
});

test('hostExec ends a grandchild that outlives its obedient parent', async () => {
  const path = join(directory, 'obedient');
  const [, code] = stubbornFamily(path, "'ignore'");
  const running = exec(process.execPath, node(code.replace("process.on('SIGTERM', () => {});", '')), {
    timeoutMs: 1500,
  });
  running.catch(() => {});
  const pids = await pidsIn(path);
  await expect(running).rejects.toMatchObject({ code: 'EXEC_TIMEOUT' });
  expect(pids.map(isAlive)).toEqual([false, false]);
});

test('hostExec does not wait for a daemon that keeps its output when the time is over', async () => {
  const path = join(directory, 'daemon');
  const code = `
    const child = require('child_process').spawn('sleep', ['60'], { stdio: 'inherit', detached: true });
    require('fs').writeFileSync(${JSON.stringify(path)}, child.pid + '\\n');
    child.unref();`;
  const running = exec(process.execPath, node(code), { timeoutMs: 500 });
  await expect(running).rejects.toMatchObject({ code: 'EXEC_TIMEOUT' });
  for (const pid of await pidsIn(path)) process.kill(pid, 'SIGKILL');
});

test('hostExec refuses a signal that is aborted already without starting anything', async () => {
  const started: Child[] = [];
  const watched = hostExec({ onChild: (child) => void started.push(child) });
  await expect(watched('sleep', ['9'], { signal: AbortSignal.abort(new Error('early')) })).rejects.toThrow('early');
  expect(started).toEqual([]);
});

test('hostExec really limits processor time, memory and output', async () => {
  const spin = exec('perl', ['-e', '1 while 1'], { limits: { cpuSeconds: 1 }, timeoutMs: 15_000 });
  await expect(spin).rejects.toMatchObject({
    code: 'EXEC_SIGNALED',
    message: expect.stringMatching(/SIGKILL|SIGXCPU/),
  });

  const fill = ['if=/dev/zero', 'of=/dev/null', 'bs=512M', 'count=1'];
  await expect(exec('dd', fill, { limits: { addressSpaceBytes: 128n * 1024n * 1024n } })).rejects.toMatchObject({
    code: 'EXEC_FAILED',
    message: expect.stringContaining('memory exhausted'),
  });
  await expect(exec('dd', fill)).resolves.toMatchObject({ exitCode: 0 });

  await expect(exec('head', ['-c', '1000', '/dev/zero'], { limits: { outputBytes: 1000 } })).resolves.toBeDefined();
  for (const args of [
    ['-c', '1001', '/dev/zero'],
    ['-c', '999999999999', '/dev/zero'],
  ]) {
    const much = exec('head', args, { limits: { outputBytes: 1000 } });
    await expect(much).rejects.toMatchObject({ code: 'EXEC_OUTPUT_TOO_LARGE' });
  }
});

test('a process that is killed with kill -9 takes its commands along', async () => {
  const code = `
    import { writeFileSync } from 'node:fs';
    import { hostExec } from ${JSON.stringify(new URL('host-exec.ts', import.meta.url).href)};
    const pids = [];
    const exec = hostExec({ onChild({ pid }) {
      pids.push(pid);
      if (pids.length === 2) writeFileSync(process.argv[1], pids.join(' ') + '\\n');
    } });
    await Promise.all([exec('sleep', ['60']), exec('sleep', ['60'], { limits: { cpuSeconds: 9 } })]);`;
  const path = join(directory, 'killed');
  const parent = spawn(process.execPath, ['--input-type=module', '-e', code, path], { stdio: 'inherit' });
  const pids = await pidsIn(path);
  expect(pids.map(isAlive)).toEqual([true, true]);
  // Until it runs, setpriv may not have told the kernel yet.
  await expect.poll(() => pids.map(programOf)).toEqual(['sleep', 'sleep']);
  parent.kill('SIGKILL');
  await expect.poll(() => pids.map(isAlive), { timeout: 5000 }).toEqual([false, false]);
});

test('onChild is awaited before the result, and onChildEnd follows it', async () => {
  const order: string[] = [];
  const watched = hostExec({
    async onChild({ file, pid, startTime }) {
      await delay(50);
      order.push(`child ${file} ${typeof pid} ${/^\d+@[0-9a-f-]{36}$/.test(startTime)}`);
    },
    onChildEnd: ({ file }) => void order.push(`end ${file}`),
  });
  await watched('sleep', ['0.01']);
  order.push('result');
  expect(order).toEqual(['child sleep number true', 'end sleep', 'result']);
});

test('a failing onChild ends the command, or what is left of it, and is what the call rejects with', async () => {
  const pids: number[] = [];
  const refusing = (after: number) =>
    hostExec({
      async onChild({ pid }) {
        pids.push(pid);
        await delay(after);
        throw new Error('not written down');
      },
      onChildEnd: () => expect.unreachable(),
    });
  await expect(refusing(20)('sleep', ['60'])).rejects.toThrow('not written down');
  await expect(refusing(200)('sleep', ['0.01'])).rejects.toThrow('not written down');
  expect(pids.map(isAlive)).toEqual([false, false]);
});

function programOf(pid: number): string {
  return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
}
