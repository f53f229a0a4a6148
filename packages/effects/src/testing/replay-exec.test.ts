import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Exec } from '../exec.ts';
import { hostExec } from '../host-exec.ts';
import { Secret } from '../secret.ts';
import { recordingExec } from './recording-exec.ts';
import { replayExec } from './replay-exec.ts';
import { readTranscript, replaceTexts } from './transcript.ts';

let directory: string;
let transcript: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'effects-replay-'));
  transcript = join(directory, 'transcript.jsonl');
});
afterEach(() => rm(directory, { recursive: true }));

/** What a caller does: results, an error, bytes and a secret on stdin, paths that differ from run to run. */
async function work(exec: Exec, where: string): Promise<unknown[]> {
  return [
    await exec('ls', ['-1', where], { cwd: where }),
    await exec('cat', [`${where}/missing`]).catch((error: unknown) => error),
    await exec('cat', [], { input: new Uint8Array([0x68, 0x69]) }),
    await exec('cat', [], { input: new Secret('hunter2'), env: { WHERE: where } }),
    await exec('sh', ['-c', 'exit 3'], { okExitCodes: [3] }),
  ];
}

async function record(): Promise<unknown[]> {
  await writeFile(join(directory, 'a file'), '');
  return work(recordingExec(hostExec(), transcript, { placeholders: { '<dir>': directory } }), directory);
}

test('what was recorded is answered again, elsewhere, without running anything', async () => {
  const [list, missing, ...others] = await record();
  const text = await readFile(transcript, 'utf8');
  expect(text).not.toContain(directory);
  expect(text).not.toContain('hunter2');
  const exec = replayExec(await readTranscript(transcript), { placeholders: { '<dir>': '/elsewhere' } });
  const again = await work(exec, '/elsewhere');
  exec.assertDone();
  expect(again[0]).toEqual(list);
  expect(missing).toMatchObject({ code: 'EXEC_FAILED' });
  expect(again[1]).toMatchObject({
    name: 'EffectsError',
    code: 'EXEC_FAILED',
    message: expect.stringContaining('/elsewhere/missing') as string,
    context: { exitCode: 1, args: ['/elsewhere/missing'] },
  });
  expect(again.slice(2)).toEqual([others[0], { ...(others[1] as object), stdout: '***' }, others[2]]);
});

test.each([
  ['another program', (exec: Exec) => exec('dir', ['-1', '/x'], { cwd: '/x' }), /in file: recorded "ls", asked "dir"/],
  [
    'another argument',
    (exec: Exec) => exec('ls', ['-l', '/x'], { cwd: '/x' }),
    /command 1 .*in args\[0\]: recorded "-1", asked "-l"/,
  ],
  [
    'an argument less',
    (exec: Exec) => exec('ls', ['-1'], { cwd: '/x' }),
    /in args\[1\]: recorded "\/x", asked nothing/,
  ],
  ['another directory', (exec: Exec) => exec('ls', ['-1', '/x']), /in cwd: recorded "\/x", asked nothing/],
  [
    'other input',
    (exec: Exec) => exec('ls', ['-1', '/x'], { cwd: '/x', input: 'y' }),
    /in input: recorded nothing, asked "y"/,
  ],
])('a command with %s is refused and the difference named', async (_, ask, message) => {
  await record();
  const exec = replayExec(await readTranscript(transcript), { placeholders: { '<dir>': '/x' } });
  await expect(ask(exec)).rejects.toMatchObject({ code: 'REPLAY_MISMATCH', message });
  expect(() => exec.assertDone()).toThrow(/5 recorded commands were not asked for, first ls -1 \/x/);
});

test('one command more than were recorded is refused', async () => {
  await record();
  const exec = replayExec(await readTranscript(transcript), { placeholders: { '<dir>': '/x' } });
  await work(exec, '/x');
  await expect(exec('true', [])).rejects.toMatchObject({
    code: 'REPLAY_MISMATCH',
    message: /command 6 is one more.*true/,
  });
});

test('a call that was aborted is neither recorded nor answered', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  const exec = recordingExec(hostExec(), transcript);
  await expect(exec('true', [], { signal })).rejects.toThrow('enough');
  await exec('true', []);
  const replay = replayExec(await readTranscript(transcript));
  await expect(replay('true', [], { signal })).rejects.toThrow('enough');
  await replay('true', []);
  replay.assertDone();
});

test('replaceTexts replaces the longest text first, and placeholders lead back to it', () => {
  expect(
    replaceTexts({ '/a': ['/a/b/c', '/a'] }, [
      ['/a', '<a>'],
      ['/a/b', '<b>'],
    ]),
  ).toEqual({ '/a': ['<b>/c', '<a>'] });
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const there = replaceTexts(value, [['a', '<placeholder>']]);
      if (JSON.stringify(value).includes('<placeholder>')) return;
      expect(replaceTexts(there, [['<placeholder>', 'a']])).toEqual(value);
    }),
  );
});
