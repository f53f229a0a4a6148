import { expect, test } from 'vitest';
import * as procedures from './generated/procedures.gen.ts';

// A table of its own, so that who bundles a few procedures does not get all of them with `conn.supports`.
test('the table of releases says what the procedures say; vitest -u writes it anew', async () => {
  const lines = Object.values(procedures).map(({ name, since }) => `  ${name}: ${since},\n`);
  const text = [
    '// Generated from generated/procedures.gen.ts by procedure-releases.test.ts (vitest -u). Do not edit.\n',
    '/** The release that knows a procedure first, `major * 1e6 + minor * 1e3 + micro`; 0 when that is unknown. */\n',
    `export const procedureReleases = {\n${lines.join('')}} as const;\n`,
  ];
  await expect(text.join('')).toMatchFileSnapshot('./procedure-releases.gen.ts');
});
