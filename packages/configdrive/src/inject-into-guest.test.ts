import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EffectsError, type Exec, type ExecOptions, Secret } from '@spawnkit/effects';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { applyScript } from './guestfish-script.ts';
import { injectIntoGuest } from './inject-into-guest.ts';
import type { InjectionContents } from './injection-request.ts';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'configdrive-'));
  path = join(directory, 'disk');
});
afterEach(() => rm(directory, { recursive: true }));

interface Run {
  readonly args: readonly string[];
  readonly script: string;
  readonly uploads: Readonly<Record<string, { readonly text: string; readonly mode: number }>>;
}

/** A guestfish that answers every look with "false" and does all that it is told. */
function scriptedGuestfish(
  runs: Run[],
  answer: (script: string, cwd: string) => Partial<Awaited<ReturnType<Exec>>> = () => ({}),
): Exec {
  return async (_, args, options: ExecOptions = {}) => {
    const { cwd = '', input } = options;
    const script = String(input);
    const uploads: Record<string, { text: string; mode: number }> = {};
    for (const name of await readdir(cwd)) {
      const { mode } = await stat(join(cwd, name));
      uploads[name] = { text: await readFile(join(cwd, name), 'utf8'), mode: mode & 0o777 };
    }
    runs.push({ args, script, uploads });
    expect((await stat(cwd)).mode & 0o777).toBe(0o700);
    const lines = script
      .split('\n')
      .map((line) => /^echo (.*)$/.exec(line)?.[1] ?? (line.startsWith('exists') ? 'false' : ''));
    return { stdout: `${lines.filter(Boolean).join('\n')}\n`, stderr: '', exitCode: 0, ...answer(script, cwd) };
  };
}

const disk = () => ({ path, format: 'qcow2', partition: 1 }) as const;

test('injectIntoGuest looks read-only, then writes; contents go by private files, which are gone afterwards', async () => {
  const runs: Run[] = [];
  const files = [{ path: '//etc/./x/y', content: 'in a file' }];
  const contents = { key: 'ssh-rsa A"\\', files };
  expect(await injectIntoGuest({ disk: disk(), contents, exec: scriptedGuestfish(runs) })).toEqual({
    complete: true,
    failures: [],
  });
  const [look, apply] = runs;
  expect(look?.args).toEqual(['--ro', '--format=qcow2', '-a', path, '-m', '/dev/sda1']);
  expect(apply?.args).toEqual(['--rw', '--format=qcow2', '-a', path, '-m', '/dev/sda1']);
  expect(apply?.script.split('\n')).toEqual([
    'echo opened',
    'mkdir-p "/root/.ssh"',
    'chown 0 0 "/root/.ssh"',
    'chmod 0700 "/root/.ssh"',
    'write-append "/root/.ssh/authorized_keys" "\\x0a# The following ssh key was injected by Nova\\x0assh-rsa A\\x22\\x5c\\x0a"',
    'chmod 0600 "/root/.ssh/authorized_keys"',
    'echo done-0',
    'mkdir-p "/etc/x"',
    'chown 0 0 "/etc/x"',
    'chmod 0744 "/etc/x"',
    'upload upload-0 "/etc/x/y"',
    'echo done-1',
    '',
  ]);
  expect(apply?.uploads).toEqual({ 'upload-0': { text: 'in a file', mode: 0o600 } });
  expect(await readdir(directory)).toEqual([]);
});

test.each([
  [-1, ['-i']],
  [0, ['-m', '/dev/sda']],
  [2, ['-m', '/dev/sda2']],
])('partition %i is opened by %j', async (partition, expected) => {
  const runs: Run[] = [];
  const contents = { metadata: { a: 'b' } };
  await injectIntoGuest({ disk: { ...disk(), partition }, contents, exec: scriptedGuestfish(runs) });
  expect(runs.map(({ args }) => args.slice(4))).toEqual([expected, expected]);
});

test('a step without its mark has failed, with the first complaint as its reason', async () => {
  const stderr = 'libguestfs: error: mkdir_p: /root: Read-only file system\nlibguestfs: error: later\n';
  const exec = scriptedGuestfish([], (script) =>
    script.includes('mkdir-p') ? { stdout: 'opened\n', stderr, exitCode: 1 } : {},
  );
  const optional = await injectIntoGuest({ disk: disk(), contents: { key: 'k' }, exec });
  expect(optional).toMatchObject({
    complete: false,
    failures: [
      { item: 'key', error: { code: 'INJECTION_FAILED', message: /key.*mkdir_p: \/root: Read-only file system\./ } },
    ],
  });
  const mandatory = injectIntoGuest({ disk: disk(), contents: { key: 'k', mandatory: ['key'] }, exec });
  await expect(mandatory).rejects.toMatchObject({ code: 'INJECTION_FAILED' });
});

test('a missing guestfish is an error that says what to install, whatever is mandatory', async () => {
  const exec: Exec = async (file) => {
    throw new EffectsError('EXEC_NOT_FOUND', `${file} was not found`, { file });
  };
  const refused = injectIntoGuest({ disk: disk(), contents: { key: 'k', mandatory: [] }, exec });
  await expect(refused).rejects.toMatchObject({ code: 'TOOL_MISSING', message: /Install libguestfs/ });
  expect(await readdir(directory)).toEqual([]);
});

test('an aborted injection rejects with the reason and leaves nothing', async () => {
  const abort = new AbortController();
  const exec: Exec = async () => {
    abort.abort(new Error('enough'));
    throw abort.signal.reason;
  };
  const aborted = injectIntoGuest({ disk: disk(), contents: { key: 'k' }, exec, signal: abort.signal });
  await expect(aborted).rejects.toThrow('enough');
  expect(await readdir(directory)).toEqual([]);
});

test('the password is neither in arguments nor in the script, but its hash in a private file', async () => {
  const runs: Run[] = [];
  const { writeFileSync } = await import('node:fs');
  const exec = scriptedGuestfish(runs, (script, cwd) => {
    for (const [name, text] of [
      ['0', 'root:x:0:0\n'],
      ['1', 'root:*:1::::::\nme:\u00e9:1\n'],
    ] as const) {
      if (script.includes('"/etc/passwd" 0')) writeFileSync(join(cwd, name), text, 'latin1');
    }
    return {};
  });
  const report = await injectIntoGuest({ disk: disk(), contents: { adminPassword: new Secret('canary-1') }, exec });
  expect(report.complete).toBe(true);
  expect(JSON.stringify(runs)).not.toContain('canary-1');
  expect(runs[1]?.uploads['upload-0']?.text).toMatch(/^root:\$6\$[./\w]{16}\$[./\w]{86}:1::::::\nme:/);
});

test.each<[string, InjectionContents, string]>([
  ['a relative path', { files: [{ path: 'etc/x', content: '' }] }, 'INVALID_METADATA'],
  ['".." in a path', { files: [{ path: '/etc/../x', content: '' }] }, 'INVALID_METADATA'],
  ['a newline in a path', { files: [{ path: '/etc/x\ny', content: '' }] }, 'INVALID_METADATA'],
  [
    '10,000 files',
    { files: Array.from({ length: 10_000 }, (_, index) => ({ path: `/${index}`, content: '' })) },
    'TOO_LARGE',
  ],
  ['33 MiB', { files: [{ path: '/x', content: new Uint8Array(33 * 1024 * 1024) }] }, 'TOO_LARGE'],
  ['a key with a control character', { key: 'ssh-rsa \0' }, 'INVALID_METADATA'],
  ['a key of a MiB', { key: 'k'.repeat(1024 * 1024) }, 'TOO_LARGE'],
  ['a password of two lines', { adminPassword: new Secret('a\nb') }, 'INVALID_METADATA'],
])('injectIntoGuest refuses %s before it opens the guest', async (_, contents, code) => {
  const exec: Exec = () => Promise.reject(new Error('must not run'));
  await expect(injectIntoGuest({ disk: disk(), contents, exec })).rejects.toMatchObject({ code });
  const nowhere = { ...disk(), partition: 1.5 };
  await expect(injectIntoGuest({ disk: nowhere, contents: {}, exec })).rejects.toMatchObject({
    code: 'INVALID_METADATA',
  });
});

test('no text of a key and no name of a file ends its line of the script', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), (path, text) => {
      const steps = [{ item: 'key', operations: [{ kind: 'append', path, text }] }] as const;
      expect(applyScript(steps).script.split('\n')).toEqual([
        'echo opened',
        expect.stringMatching(
          /^write-append "\/([\w ./:,+@%=#!-]|\\x[0-9a-f]{2})*" "([\w ./:,+@%=#!-]|\\x[0-9a-f]{2})*"$/,
        ),
        'echo done-0',
        '',
      ]);
    }),
  );
});
