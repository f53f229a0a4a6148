import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { commandTransport } from './command.ts';

const sh = (script: string, signal?: AbortSignal) => {
  const env = { PATH: process.env['PATH'] };
  return commandTransport({ name: 'there', file: 'sh', args: ['-c', script], env, secure: true }).open({ signal });
};
/** How a stream ends: with an error, or undefined. */
const end = (stream: Awaited<ReturnType<typeof sh>>) =>
  new Promise<Error | undefined>((resolve) => {
    let failure: Error | undefined;
    stream.on('error', (error) => (failure = error));
    stream.on('close', () => resolve(failure));
    stream.resume();
  });
const gone = (pid: number) => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

test('bytes go through a program in both directions, however many', async () => {
  const stream = await sh('cat');
  const sent = Buffer.alloc(3_000_000, 'abcdefghijk');
  stream.end(sent);
  expect(Buffer.concat(await stream.toArray()).equals(sent)).toBe(true);
});

test('a program that is not there, or may not run, is UNREACHABLE', async () => {
  const open = (file: string) => commandTransport({ name: 'there', file, args: [], env: {}, secure: true }).open({});
  await expect(open('/nonexistent/ssh')).rejects.toMatchObject({ code: 'UNREACHABLE', cause: { code: 'ENOENT' } });
  await expect(open('/etc/passwd')).rejects.toMatchObject({ code: 'UNREACHABLE', cause: { code: 'EACCES' } });
});

test('a program that ends without a byte is UNREACHABLE, with its last words', async () => {
  expect(await end(await sh('echo "No route to" >&2; echo host >&2; exit 255'))).toMatchObject({
    code: 'UNREACHABLE',
    message: 'Cannot connect to there: sh ended with exit code 255: No route to; host',
  });
  expect(await end(await sh('kill -9 $$'))).toMatchObject({
    message: 'Cannot connect to there: sh ended with SIGKILL',
  });
  expect(await end(await sh('exit 0'))).toMatchObject({ message: 'Cannot connect to there: sh ended without a word' });
});

test('later it is the end, or the reason for it', async () => {
  expect(await end(await sh('echo hi; exit 0'))).toBeUndefined();
  expect(await end(await sh('echo hi; echo "broken pipe" >&2; exit 1'))).toEqual(
    new Error('sh ended with exit code 1: broken pipe'),
  );
});

test('what cannot be written any more is explained by the end of the program', async () => {
  const stream = await sh('exec <&-; echo closed >&2; exit 3');
  const over = end(stream);
  stream.write(Buffer.alloc(1_000_000));
  expect(await over).toMatchObject({ message: expect.stringContaining('exit code 3: closed') });
});

test('a child that keeps the program’s words open does not delay its end', async () => {
  const stream = await sh('sleep 3 >/dev/null & echo hi; exit 4');
  const started = performance.now();
  expect(await end(stream)).toMatchObject({ message: 'sh ended with exit code 4' });
  expect(performance.now() - started).toBeLessThan(2000);
});

test('a child that holds its words open for ever does not keep the stream’s pipes open', async () => {
  const stream = await sh('sleep 3 & echo $!; exec cat');
  const pid = Number(await new Promise((resolve) => stream.once('data', (chunk) => resolve(String(chunk)))));
  const pipes = () => process.getActiveResourcesInfo().filter((name) => name === 'PipeWrap').length;
  const before = pipes();
  stream.destroy();
  await new Promise((resolve) => stream.once('close', resolve));
  await expect.poll(pipes).toBeLessThanOrEqual(before - 3);
  expect(gone(pid)).toBe(false);
  process.kill(pid);
});

test('a stream that is destroyed takes its program along, even one that will not', async () => {
  const stream = await sh('trap "" TERM; echo $$; while :; do sleep 0.1; done');
  const pid = Number(await new Promise((resolve) => stream.once('data', (chunk) => resolve(String(chunk)))));
  expect(gone(pid)).toBe(false);
  stream.destroy();
  await new Promise((resolve) => stream.once('close', resolve));
  expect(gone(pid)).toBe(true);
});

test('an aborted signal starts nothing', async () => {
  await expect(sh('echo hi', AbortSignal.abort('no'))).rejects.toBe('no');
  const controller = new AbortController();
  const opening = sh('sleep 5', controller.signal);
  controller.abort('enough');
  await expect(opening).rejects.toBe('enough');
  await delay(0);
});
