import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asMarkdown, asText } from './print-report.ts';
import { type BenchOptions, machine, type Report } from './report.ts';

/**
 * `pnpm bench NAME… | all [--rounds N] [--json | --markdown | --write]`: measures things side by side with named peers,
 * interleaved in one run. Each bench is a module beside this file which exports `run(options)`. `--write` puts the tables
 * into docs/performance.md. Only medians and ratios mean something: machines are noisy.
 */
const known = ['spawn', 'libvirt', 'guest-config', 'designer', 'configdrive', 'images'];
const page = join(import.meta.dirname, '../../docs/performance.md');
/** Everything below this line of the page is written here. */
const MARK = '<!-- Below: written by pnpm bench all --write -->\n';

const words = process.argv.slice(2);
const names = words.includes('all') ? known : words.filter((word) => known.includes(word));
if (names.length === 0) {
  console.error(
    `Which bench? Known are ${known.join(', ')}, all. Usage: pnpm bench NAME… [--rounds N] [--json | --markdown | --write]`,
  );
  process.exit(2);
}
const rounds = Number(words[words.indexOf('--rounds') + 1] ?? Number.NaN);
const options: BenchOptions = { rounds: Number.isInteger(rounds) ? rounds : undefined };

const host = machine();
const reports: Record<string, Report> = {};
for (const name of names) {
  const bench = (await import(`./${name}.ts`)) as { run(options: BenchOptions): Promise<Report> };
  const report = await bench.run(options);
  reports[name] = report;
  if (!words.includes('--json') && !words.includes('--markdown')) console.log(`\n=== ${name}: ${asText(report)}`);
}
const after = machine().replace(/^.*, load/, 'load');
if (words.includes('--json')) console.log(JSON.stringify({ machine: host, after, reports }, null, 2));
else if (words.includes('--markdown')) console.log(markdown());
else console.log(`\n${host}; afterwards ${after}`);
if (words.includes('--write')) writePage();

function markdown(): string {
  const when = new Date().toISOString().slice(0, 10);
  const tables = Object.entries(reports).map(([name, report]) => asMarkdown(name, report));
  return [`${when}, ${host}; afterwards ${after}.`, '', ...tables].join('\n');
}

function writePage(): void {
  const [above, below] = readFileSync(page, 'utf8').split(MARK);
  if (below === undefined) throw new Error(`${page} lacks the line that says where figures begin: ${MARK}`);
  writeFileSync(page, `${above}${MARK}\n${markdown().trimEnd()}\n`);
}
