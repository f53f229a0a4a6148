import { type Figure, ratioOf, type Report, verdictOf } from './report.ts';

/** A report for a terminal. */
export function asText({ what, figures, notes = [] }: Report): string {
  const rows = figures.map((figure) => [...cellsOf(figure), verdictOf(figure)?.verdict ?? '']);
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [what, ...lines, ...notes].join('\n');
}

/** The same for a document: a table under a heading that is the command. */
export function asMarkdown(name: string, { what, figures, notes = [] }: Report): string {
  const rows = figures.map((figure) => `| ${[...cellsOf(figure), verdictOf(figure)?.verdict ?? ''].join(' | ')} |`);
  return [
    `### \`pnpm bench ${name}\``,
    '',
    what,
    '',
    '| what | ours | peer | ratio | goal | |',
    '| --- | ---: | --- | ---: | ---: | --- |',
    ...rows,
    ...notes.flatMap((note) => ['', note]),
    '',
  ].join('\n');
}

function cellsOf(figure: Figure): readonly string[] {
  const { what, unit, ours, peer } = figure;
  const shown = (one: Figure['ours']) => `${one.median} ${unit}${(one.count ?? 1) > 1 ? ` (best ${one.best})` : ''}`;
  const ratio = ratioOf(figure);
  return [
    what,
    shown(ours),
    peer ? `${peer.name}: ${shown(peer.theirs)}` : '',
    ratio === undefined ? '' : `${ratio}`,
    verdictOf(figure)?.goal ?? '',
  ];
}
