import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { manualPage } from './roff.ts';
import { manualFile, spawnerManual } from './spawner-manual.ts';

const noGroff = spawnSync('groff', ['--version']).status === 0 ? undefined : 'groff is not installed';
if (noGroff) process.stderr.write(`skipped, the manual page as groff reads it: ${noGroff}\n`);

/** A page as a terminal shows it, without highlighting. */
function shown(page: string): { readonly text: string; readonly warnings: string } {
  const options = ['-man', '-ww', '-Tascii', '-P-cbou', '-rLL=200n'];
  const { stdout, stderr } = spawnSync('groff', options, { input: page, encoding: 'utf8' });
  return { text: stdout, warnings: stderr };
}

test('the manual page that is published is what the program says now', () => {
  expect(readFileSync(manualFile, 'utf8'), 'run: pnpm man-page').toBe(spawnerManual());
});

test.skipIf(noGroff)('groff reads the manual page without a warning, and shows commands, options, exit codes', () => {
  const { text, warnings } = shown(spawnerManual());
  expect(warnings).toBe('');
  expect(text).toMatch(/^ {7}launch \[spec\]\n {14}Spawn an instance from a specification/m);
  expect(text).toMatch(/^ {14}--wait-for <text>\n {21}return only when the console has shown this text/m);
  expect(text).toMatch(/^ {7}image pull <image>$/m);
  expect(text).toMatch(/^ {7}130 +interrupted, and everything was taken back/m);
  expect(text).not.toContain('`');
});

test.skipIf(noGroff)('what stands for something else in roff is shown as it was written', () => {
  const text = `.hidden 'quoted' \\fBno\\fR a--b ^~ "x"`;
  const page = manualPage('x', [{ section: 'NAME' }, { text }, { lines: [text] }, { term: text, text }]);
  const { text: result, warnings } = shown(page);
  expect(warnings).toBe('');
  expect(result.split(text).length - 1).toBe(4);
});
