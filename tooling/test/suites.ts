/** One suite of `./test`: a command of the workspace and how its outcome is counted. */
export interface Suite {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** `vitest` counts the tests of the run; `step` is one check, passed or failed. */
  readonly counts: 'vitest' | 'step';
  /** Run by `./test --all` only. */
  readonly onlyAll?: boolean;
}

/** Cheap and decisive first, real servers last. */
export const suites: readonly Suite[] = [
  { name: 'lint', command: ['pnpm', 'lint'], counts: 'step' },
  { name: 'types', command: ['pnpm', 'types'], counts: 'step' },
  { name: 'graph', command: ['pnpm', 'graph'], counts: 'step' },
  { name: 'build', command: ['pnpm', 'build'], counts: 'step' },
  { name: 'unit', command: ['pnpm', 'unit'], counts: 'vitest' },
];
