/**
 * What can be wrong with a document or value.
 *
 * - `MALFORMED_XML`: not well-formed XML with namespaces.
 * - `FORBIDDEN_XML`: well-formed perhaps, but refused: a document type declaration.
 * - `LIMIT_EXCEEDED`: larger or deeper than the reader allows.
 * - `WRONG_ELEMENT`: the root is another element than the one asked for.
 * - `MISSING`: a required attribute, element or text is absent.
 * - `INVALID_VALUE`: a value does not have the form of its type.
 * - `UNKNOWN_VALUE`: a value is none of a closed list.
 * - `UNKNOWN_NAME`: an attribute, element, text or field that the schema does not know.
 * - `REPEATED`: an element occurs again where the schema knows one.
 */
export type GuestConfigErrorCode =
  | 'MALFORMED_XML'
  | 'FORBIDDEN_XML'
  | 'LIMIT_EXCEEDED'
  | 'WRONG_ELEMENT'
  | 'MISSING'
  | 'INVALID_VALUE'
  | 'UNKNOWN_VALUE'
  | 'UNKNOWN_NAME'
  | 'REPEATED';

/** Where something is wrong, what was expected there and what was found. */
export interface GuestConfigIssue {
  readonly code: GuestConfigErrorCode;
  /** Element path such as `/domain/devices/disk[2]/@type`; empty when there is no element yet. */
  readonly path: string;
  /** Line in the document, from 1; absent for a value that was built. */
  readonly line?: number;
  /** Column in UTF-16 units, from 1; absent for a value that was built. */
  readonly column?: number;
  readonly expected: string;
  readonly found: string;
}

/** The one error of this package. `check` answers issues instead of throwing. */
export class GuestConfigError extends Error implements GuestConfigIssue {
  override readonly name = 'GuestConfigError';
  readonly code: GuestConfigErrorCode;
  readonly path: string;
  readonly line?: number;
  readonly column?: number;
  readonly expected: string;
  readonly found: string;

  constructor(issue: GuestConfigIssue, options: ErrorOptions = {}) {
    super(describeIssue(issue), options);
    this.code = issue.code;
    this.path = issue.path;
    this.expected = issue.expected;
    this.found = issue.found;
    if (issue.line !== undefined) this.line = issue.line;
    if (issue.column !== undefined) this.column = issue.column;
  }

  /** The issue as plain data, for logs. */
  get context(): GuestConfigIssue {
    const { code, path, expected, found, line, column } = this;
    return { code, path, expected, found, ...(line && { line }), ...(column && { column }) };
  }
}

/** One line for people: place, what was found, what is allowed. */
export function describeIssue(issue: GuestConfigIssue): string {
  const at = issue.line === undefined ? '' : `${issue.line}:${issue.column}`;
  const place = issue.path ? `${issue.path}${at && ` (${at})`}` : at || 'document';
  return `${place}: found ${issue.found}, expected ${issue.expected}`;
}

/** Text as it appears in a message: quoted, and cut when it is long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);
}
