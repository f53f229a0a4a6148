import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as exported from './index.ts';

const lines = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8').split('\n');

test('the README begins with its example', () => {
  expect(lines.slice(0, 10)).toContain('```ts');
});

test('the README names what is exported', () => {
  const imported = /import \{(.*)\} from/.exec(lines.join('\n'))?.[1]?.split(',') ?? [];
  const values = imported.map((name) => name.trim()).filter((name) => !name.startsWith('type '));
  expect(values.length).toBeGreaterThan(2);
  expect(values.filter((name) => !(name in exported))).toEqual([]);
});
