/** One piece of a manual page. */
export type Block =
  | { readonly section: string }
  | { readonly part: string }
  | { readonly text: string }
  /** A term with what it means; `level` is how far in. */
  | { readonly term: string; readonly text: string; readonly level?: number }
  /** Lines as they are. */
  | { readonly lines: readonly string[] };

/** A manual page of section 1, for man(1). Text between backticks is bold. */
export function manualPage(name: string, blocks: readonly Block[]): string {
  const head = [
    `.\\" Written by tooling/man-page from the program's own table of commands: pnpm man-page`,
    `.TH ${name.toUpperCase()} 1 "" spawnkit "User Commands"`,
    '.nh',
    '.ad l',
  ];
  return `${[...head, ...blocks.flatMap(linesOf)].join('\n')}\n`;
}

function linesOf(block: Block): readonly string[] {
  if ('section' in block) return [`.SH ${inline(block.section)}`];
  if ('part' in block) return [`.SS ${inline(block.part)}`];
  if ('lines' in block) return ['.PP', '.nf', '.RS 4', ...block.lines.map(inline), '.RE', '.fi'];
  if (!('term' in block)) return ['.PP', inline(block.text)];
  const { term, text, level = 0 } = block;
  const item = ['.TP', `\\fB${plain(term)}\\fR`, inline(text)];
  return level > 0 ? ['.RS', ...item, '.RE'] : item;
}

/** Text on one line, with its backticks turned into bold. */
function inline(text: string): string {
  const parts = text.replace(/\s*\n\s*/g, ' ').split('`');
  const line = parts.map((part, index) => (index % 2 === 1 ? `\\fB${plain(part)}\\fR` : plain(part))).join('');
  // A line that begins so would be a request.
  return /^[.']/.test(line) ? `\\&${line}` : line;
}

/** What stands for something else in roff: backslashes; and hyphens and quotes, which would become typographic ones. */
function plain(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti');
}
