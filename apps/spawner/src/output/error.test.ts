import { expect, test, vi } from 'vitest';
import { SpawnerError } from '../errors.ts';
import { printError } from './error.ts';

function printed(error: unknown, options?: { json?: boolean }): { text: string; exitCode: number } {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const exitCode = printError(error, options);
  const text = write.mock.calls.map(([text]) => String(text)).join('');
  write.mockRestore();
  return { text, exitCode };
}

const error = new SpawnerError('EXISTS', 'An instance named "web" exists', {
  fix: 'Choose another name.',
  cause: new Error('the lock is taken'),
  context: { bytes: 2n ** 60n },
});

test('printError says what is wrong, why, and the fix', () => {
  const { text, exitCode } = printed(error);
  expect(text).toContain('An instance named "web" exists');
  expect(text).toContain('because: the lock is taken');
  expect(text).toContain('Choose another name.');
  expect(exitCode).toBe(4);
});

test('printError answers one JSON object for programs', () => {
  const { text } = printed(error, { json: true });
  expect(JSON.parse(text)).toEqual({
    error: {
      name: 'SpawnerError',
      code: 'EXISTS',
      message: 'An instance named "web" exists',
      fix: 'Choose another name.',
      context: { bytes: '1152921504606846976' },
      causes: ['the lock is taken'],
    },
    exitCode: 4,
  });
});

test('an error that nobody foresaw is called a bug and shows its stack', () => {
  const { text, exitCode } = printed(new TypeError('x is not a function'));
  expect(text).toContain('bug of spawner');
  expect(text).toContain('error.test.ts');
  expect(exitCode).toBe(1);
});

test('printError names the check of the doctor that explains an error, also one of its causes', () => {
  const cause = Object.assign(new Error('no daemon'), { name: 'DomainRuntimeError', code: 'DAEMON_UNREACHABLE' });
  expect(printed(new Error('it failed', { cause })).text).toContain('see: spawner doctor libvirt\n');
  expect(JSON.parse(printed(cause, { json: true }).text)).toMatchObject({ error: { check: 'libvirt' } });
  const closed = new SpawnerError('HOST_NOT_READY', 'closed', { context: { check: 'instances' } });
  expect(printed(closed).text).toContain('see: spawner doctor instances\n');
  expect(printed(error).text).not.toContain('doctor');
});
