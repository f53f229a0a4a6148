import { type Command, InvalidArgumentError } from 'commander';
import type { CliContext, CliOptions } from '../cli-context.ts';

/** Opens what a command works with, runs it, and sets the exit code that it answers. */
export type Within = (options: CliOptions, run: (cli: CliContext) => Promise<number | void>) => Promise<void>;

/** What the parts of the program are declared with. */
export interface Declaration {
  readonly program: Command;
  /** Runs a command with the options that stand before it. */
  readonly run: (command: (cli: CliContext) => Promise<number | void>) => Promise<void>;
}

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('expected a whole number above 0');
}

export function wholeNumber(text: string): number {
  return text === '0' ? 0 : positiveInteger(text);
}
