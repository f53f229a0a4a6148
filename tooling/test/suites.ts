/** One suite of `./test`: a command of the workspace and how its outcome is counted. */
export interface Suite {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** `vitest` counts the tests of the run; `summary` reads the last line, `N passed, M failed`; `step` is one check. */
  readonly counts: 'vitest' | 'summary' | 'step';
  /** Run by `./test --all` only. */
  readonly onlyAll?: boolean;
  /** Runs at the same time as the suite before it, of which it shares nothing but the processors. */
  readonly beside?: boolean;
}

/** Cheap and decisive first, real servers last. The seconds they take stand in docs/testing.md. */
export const suites: readonly Suite[] = [
  { name: 'lint', command: ['pnpm', 'lint'], counts: 'step' },
  { name: 'types', command: ['pnpm', 'types'], counts: 'step' },
  { name: 'graph', command: ['pnpm', 'graph'], counts: 'step' },
  { name: 'build', command: ['pnpm', 'build'], counts: 'step' },
  { name: 'publint', command: ['pnpm', 'publint'], counts: 'summary' },
  { name: 'scripts', command: ['tooling/lab/check/shellcheck'], counts: 'summary' },
  { name: 'unit', command: ['pnpm', 'unit'], counts: 'vitest' },
  { name: 'unit-node22', command: ['pnpm', 'unit:node22'], counts: 'vitest' },
  { name: 'readme', command: ['pnpm', 'readme'], counts: 'summary' },
  { name: 'readme-node22', command: ['pnpm', 'readme', '--oldest'], counts: 'summary' },
  { name: 'integration', command: ['pnpm', 'integration'], counts: 'vitest' },
  { name: 'more', command: ['pnpm', 'more'], counts: 'vitest', onlyAll: true },
  { name: 'uml', command: ['pnpm', 'uml'], counts: 'vitest', onlyAll: true, beside: true },
  {
    name: 'corpus',
    command: ['tooling/guest-config/with-documents', 'node', 'tooling/conformance/conformance.ts', 'corpus'],
    counts: 'summary',
    onlyAll: true,
  },
  { name: 'tiny-guest', command: ['tooling/lab/check/check-tiny'], counts: 'summary', onlyAll: true },
];
