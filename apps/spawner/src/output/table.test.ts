import { expect, test } from 'vitest';
import { table } from './table.ts';

test('table aligns columns and leaves no blanks at line ends', () => {
  expect(
    table(
      ['NAME', 'STATE'],
      [
        ['web', 'RUNNING'],
        ['database', ''],
      ],
    ),
  ).toBe(['NAME      STATE', 'web       RUNNING', 'database'].join('\n'));
});
