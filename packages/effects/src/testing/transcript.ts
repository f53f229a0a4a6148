import { readFile } from 'node:fs/promises';
import type { EffectsErrorCode } from '../errors.ts';
import type { ExecOptions, ExecResult } from '../exec.ts';
import { Secret } from '../secret.ts';

/** What a command was asked to do, as far as it decides the outcome: no signal, no deadline. */
export interface RecordedCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Text, bytes in base64, or that it was a secret. */
  readonly input?: string | { readonly base64: string } | { readonly secret: true };
  readonly okExitCodes?: readonly number[];
}

export interface RecordedError {
  readonly code: EffectsErrorCode;
  readonly message: string;
  readonly context: Readonly<Record<string, unknown>>;
}

/** One command and how it ended. */
export interface Exchange {
  readonly command: RecordedCommand;
  readonly outcome: { readonly result: ExecResult } | { readonly error: RecordedError };
}

export interface TranscriptOptions {
  /** What differs from run to run, by a stable name for it: `{ '<dir>': directory }`. */
  readonly placeholders?: Readonly<Record<string, string>>;
}

/** Reads what {@link recordingExec} wrote: one exchange per line. */
export async function readTranscript(
  path: string,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<Exchange[]> {
  const text = await readFile(path, { encoding: 'utf8', signal });
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Exchange);
}

/** A call of `Exec` as data. */
export function describeCommand(file: string, args: readonly string[], options: ExecOptions = {}): RecordedCommand {
  const { cwd, env, input, okExitCodes } = options;
  return {
    file,
    args,
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
    ...(input === undefined ? {} : { input: describeInput(input) }),
    ...(okExitCodes === undefined ? {} : { okExitCodes }),
  };
}

/** The same data with every occurrence of a text in every string replaced, longest text first. */
export function replaceTexts<T>(value: T, replacements: readonly (readonly [from: string, to: string])[]): T {
  const ordered = replacements.filter(([from]) => from !== '').toSorted(([a], [b]) => b.length - a.length);
  const replace = (inner: unknown): unknown => {
    if (typeof inner === 'string') return ordered.reduce((text, [from, to]) => text.replaceAll(from, () => to), inner);
    if (Array.isArray(inner)) return inner.map(replace);
    if (typeof inner !== 'object' || inner === null) return inner;
    return Object.fromEntries(Object.entries(inner).map(([key, one]) => [key, replace(one)]));
  };
  // Strings stay strings and shapes stay shapes.
  return replace(value) as T;
}

function describeInput(input: NonNullable<ExecOptions['input']>): NonNullable<RecordedCommand['input']> {
  if (typeof input === 'string') return input;
  if (input instanceof Secret) return { secret: true };
  return { base64: Buffer.from(input).toString('base64') };
}
