/** Longer texts are not compared line by line: the table below grows with the product of their lengths. */
const MOST_LINES = 2000;

/**
 * What turns one text into another, in the form of `diff -u` without headings: lines with `-`, `+` or a blank before
 * them, and three equal lines around each change. Empty for equal texts.
 */
export function lineDiff(before: string, after: string): readonly string[] {
  if (before === after) return [];
  const [old, now] = [before.split('\n'), after.split('\n')];
  if (old.length > MOST_LINES || now.length > MOST_LINES) return ['(too long to be compared line by line)'];
  return withContext(edits(old, now));
}

interface Edit {
  readonly mark: '-' | '+' | ' ';
  readonly line: string;
}

/** Along the longest common subsequence. */
function edits(old: readonly string[], now: readonly string[]): readonly Edit[] {
  const common = commonLengths(old, now);
  const found: Edit[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      found.push({ mark: ' ', line: old[i++] ?? '' });
      j++;
    } else if (j >= now.length || (i < old.length && (common[i + 1]?.[j] ?? 0) >= (common[i]?.[j + 1] ?? 0))) {
      found.push({ mark: '-', line: old[i++] ?? '' });
    } else {
      found.push({ mark: '+', line: now[j++] ?? '' });
    }
  }
  return found;
}

/** How many lines two texts have in common from each pair of lines on. */
function commonLengths(old: readonly string[], now: readonly string[]): readonly Uint32Array[] {
  const table = Array.from({ length: old.length + 1 }, () => new Uint32Array(now.length + 1));
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      const [row, below] = [table[i], table[i + 1]];
      if (!row || !below) continue;
      row[j] = old[i] === now[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return table;
}

const CONTEXT = 3;

function withContext(all: readonly Edit[]): readonly string[] {
  const near = (index: number) => all.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(isChange);
  return all.flatMap((edit, index) => {
    if (near(index)) return [`${edit.mark}${edit.line}`];
    return index > 0 && near(index - 1) ? ['…'] : [];
  });
}

function isChange({ mark }: Edit): boolean {
  return mark !== ' ';
}
