/** How one recorded case came out. An excepted case names the rule of the exceptions table and has asserted our own, better outcome. */
export type Verdict =
  | { readonly status: 'passed' }
  | { readonly status: 'failed'; readonly difference: string }
  | { readonly status: 'excepted'; readonly rule: string };

export interface CaseVerdict {
  readonly id: string;
  readonly verdict: Verdict;
}

/** Prints a line per failed and excepted case and the closing count; answers the exit code. */
export async function report(cases: AsyncIterable<CaseVerdict> | Iterable<CaseVerdict>): Promise<number> {
  const counts = { passed: 0, failed: 0, excepted: 0 };
  for await (const { id, verdict } of cases) {
    counts[verdict.status]++;
    if (verdict.status === 'failed') console.log(`FAILED ${id}: ${verdict.difference}`);
    if (verdict.status === 'excepted') console.log(`EXCEPTED ${id}: ${verdict.rule}`);
  }
  const total = counts.passed + counts.failed + counts.excepted;
  if (total === 0) console.log('no case was found');
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.excepted} excepted`);
  return counts.failed > 0 || total === 0 ? 1 : 0;
}

/** The first difference between two JSON values, as `path: expected X, got Y`; undefined when they are equal. Key order is free. */
export function firstDifference(expected: unknown, actual: unknown, path = ''): string | undefined {
  if (Object.is(expected, actual)) return undefined;
  if (isContainer(expected) && isContainer(actual) && Array.isArray(expected) === Array.isArray(actual)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      const where = path ? `${path}.${key}` : key;
      if (!Object.hasOwn(actual, key)) return `${where}: missing, expected ${show(expected[key])}`;
      if (!Object.hasOwn(expected, key)) return `${where}: not expected, got ${show(actual[key])}`;
      const inside = firstDifference(expected[key], actual[key], where);
      if (inside) return inside;
    }
    return undefined;
  }
  return `${path || '(top)'}: expected ${show(expected)}, got ${show(actual)}`;
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
