/** One thing wrong with an input: where, as a path of keys and indexes, and what. */
export interface InputIssue {
  readonly path: string;
  readonly message: string;
}

/** Thrown by every parser of this package; `issues` lists all that is wrong, not only the first. */
export class InstanceError extends Error {
  override readonly name = 'InstanceError';
  readonly code = 'INVALID_INPUT';
  readonly context: { readonly what: string; readonly issues: readonly InputIssue[] };

  constructor(what: string, issues: readonly InputIssue[], options: ErrorOptions = {}) {
    const lines = issues.map((issue) => `  ${issue.path || '(top)'}: ${issue.message}`);
    super(`${what} is not valid:\n${lines.join('\n')}`, options);
    this.context = { what, issues };
  }

  get issues(): readonly InputIssue[] {
    return this.context.issues;
  }
}
