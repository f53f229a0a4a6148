import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Suite, suites } from './suites.ts';

interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** More than a summary line has. */
const SUMMARY_CHARACTERS = 1000;

const wanted = process.argv.slice(2);
const all = wanted.includes('--all');
const names = wanted.filter((word) => word !== '--all');
const unknown = names.filter((name) => !suites.some((suite) => suite.name === name));
if (unknown.length > 0) {
  console.error(`Unknown suite ${unknown.join(', ')}; known are ${suites.map((suite) => suite.name).join(', ')}.`);
  process.exit(2);
}
const chosen = suites.filter((suite) => (names.length > 0 ? names.includes(suite.name) : all || !suite.onlyAll));

const rows: (Outcome & { name: string; seconds: number })[] = [];
for (const together of groupsOf(chosen)) rows.push(...(await Promise.all(together.map(timed))));
console.log('');
for (const row of rows) {
  console.log(
    `${row.name.padEnd(24)} ${String(row.seconds).padStart(7)} s  ${row.passed} passed, ${row.failed} failed, ${row.skipped} skipped`,
  );
}
const sum = (key: keyof Outcome) => rows.reduce((total, row) => total + row[key], 0);
const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : '';
console.log(`${sum('passed')} passed, ${sum('failed')} failed${skipped}`);
process.exitCode = sum('failed') > 0 ? 1 : 0;

/** One suite after the other, but for those that run beside the one before. */
function groupsOf(suites: readonly Suite[]): readonly (readonly Suite[])[] {
  return suites.reduce<readonly (readonly Suite[])[]>((groups, suite) => {
    const last = suite.beside ? groups.at(-1) : undefined;
    return last ? [...groups.slice(0, -1), [...last, suite]] : [...groups, [suite]];
  }, []);
}

async function timed(suite: Suite): Promise<(typeof rows)[number]> {
  console.log(`\n=== ${suite.name}: ${suite.command.join(' ')}`);
  const started = performance.now();
  const outcome = await run(suite);
  return { name: suite.name, seconds: Math.round((performance.now() - started) / 100) / 10, ...outcome };
}

async function run(suite: Suite): Promise<Outcome> {
  if (suite.counts === 'step') {
    const code = await execute(suite.command);
    return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
  }
  if (suite.counts === 'summary') return await summarize(suite.command);
  const directory = await mkdtemp(join(tmpdir(), 'spawnkit-test-'));
  try {
    const file = join(directory, 'report.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const code = await execute([...suite.command, ...reporters]);
    return await count(file, code);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Passes the command's output on, and reads the counts from its last line. */
async function summarize(command: Suite['command']): Promise<Outcome> {
  let end = '';
  const code = await execute(command, (text) => {
    end = `${end}${text}`.slice(-SUMMARY_CHARACTERS);
  });
  const lastLine = end.trimEnd().split('\n').at(-1) ?? '';
  const [, passed = '0', failed = '1'] = /^(\d+) passed, (\d+) failed/.exec(lastLine) ?? [];
  return { passed: Number(passed), failed: Math.max(Number(failed), code === 0 ? 0 : 1), skipped: 0 };
}

function execute([file, ...args]: Suite['command'], onOutput?: (text: string) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['ignore', onOutput ? 'pipe' : 'inherit', 'inherit'] });
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      process.stdout.write(text);
      onOutput?.(text);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/** A run that failed without a failed test (a file that does not load, an unhandled rejection) counts as one failure. */
async function count(file: string, code: number): Promise<Outcome> {
  const report = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as { numPassedTests: number; numFailedTests: number; numPendingTests: number },
    () => undefined,
  );
  const failed = report?.numFailedTests ?? 0;
  return {
    passed: report?.numPassedTests ?? 0,
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: report?.numPendingTests ?? 0,
  };
}
