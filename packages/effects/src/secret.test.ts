import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { Secret } from './secret.ts';

test('a Secret shows itself only through reveal', () => {
  const secret = new Secret('hunter2');
  const seen = [
    String(secret),
    [secret].join(' '),
    JSON.stringify({ secret }),
    inspect({ deep: { secret } }),
    'x' + secret,
  ];
  expect(seen.join('\n')).not.toContain('hunter2');
  expect(Object.values(secret)).toEqual([]);
  expect(secret.reveal()).toBe('hunter2');
});
