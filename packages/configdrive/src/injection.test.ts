import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Secret } from '@spawnkit/effects';
import { expect, test } from 'vitest';
import { type InjectionCase, recordedInjection } from '../test/recorded-injection.ts';
import { ConfigDriveError } from './errors.ts';
import { type GuestFiles, inject } from './injection.ts';
import type { GuestQuestions, InjectionStep } from './injection-plan.ts';

const vectors = join(import.meta.dirname, '../test/vectors/injection/inject.json');
const { cases } = JSON.parse(readFileSync(vectors, 'utf8')) as { cases: readonly InjectionCase[] };

test.each(cases)('inject does as Nova was recorded: $id', async (one) => {
  const { returned, error, guest_files_after } = one.expected;
  const outcome = error === undefined ? { returned } : { error: true };
  expect(await recordedInjection(one)).toEqual({ ...outcome, guest_files_after });
});

/** A guest in which some items fail; it writes down what it was asked and told. */
function guest({ failing = [], closed = false }: { failing?: readonly string[]; closed?: boolean }) {
  const questions: GuestQuestions[] = [];
  const applied: InjectionStep[] = [];
  const files: GuestFiles = {
    look: async (asked) => {
      questions.push(asked);
      if (closed) throw new ConfigDriveError('UNREADABLE_GUEST', 'closed');
      return new Map([['srv', { exists: true }]]);
    },
    apply: async (steps) => {
      for (const step of steps) {
        if (failing.includes(step.item)) {
          return { item: step.item, error: new ConfigDriveError('INJECTION_FAILED', `no ${step.item}`) };
        }
        applied.push(step);
      }
      return undefined;
    },
  };
  return { files, questions, applied };
}

const hash = () => '$6$hash';
const contents = { key: 'ssh-rsa A', metadata: { a: 'b' }, files: [{ path: 'srv/x', content: 'x' }] };

test('what fails is passed over, and the guest is looked at again before the rest', async () => {
  const one = guest({ failing: ['key'] });
  const report = await inject(contents, one.files, hash);
  expect(report).toMatchObject({ complete: false, failures: [{ item: 'key', error: { message: 'no key' } }] });
  expect(one.applied.map(({ item }) => item)).toEqual(['metadata', 'files']);
  expect(one.questions.map(({ exist }) => exist.includes('etc/selinux'))).toEqual([true, false]);
});

test('a mandatory item that fails is thrown, and nothing follows it', async () => {
  const one = guest({ failing: ['metadata'] });
  await expect(inject({ ...contents, mandatory: ['metadata'] }, one.files, hash)).rejects.toThrow('no metadata');
  expect(one.applied.map(({ item }) => item)).toEqual(['key']);
});

test('a directory that an item makes keeps its mode when a file goes there, too', async () => {
  const one = guest({});
  const files = ['root/.ssh/config', 'opt/a', 'opt/b'].map((path) => ({ path, content: 'x' }));
  await inject({ key: 'ssh-rsa A', files }, one.files, hash);
  const made = one.applied.flatMap(({ operations }) => operations.filter(({ kind }) => kind === 'makePath'));
  expect(made.map(({ path }) => path)).toEqual(['root/.ssh', 'opt']);
});

test('a password that has no place fails after what comes before it, and what follows is injected', async () => {
  const one = guest({});
  const report = await inject({ ...contents, adminPassword: new Secret('pw') }, one.files, hash);
  expect(report.failures).toMatchObject([{ item: 'admin_password', error: { code: 'INJECTION_FAILED' } }]);
  expect(one.applied.map(({ item }) => item)).toEqual(['key', 'metadata', 'admin_password', 'files']);
});

test('a guest that does not open is an error only when something mandatory is wanted', async () => {
  await expect(inject(contents, guest({ closed: true }).files, hash)).rejects.toMatchObject({
    code: 'UNREADABLE_GUEST',
  });
  const report = await inject({ key: 'ssh-rsa A' }, guest({ closed: true }).files, hash);
  expect(report).toMatchObject({ complete: false, failures: [{ item: 'key', error: { code: 'UNREADABLE_GUEST' } }] });
});
