import { isDeepStrictEqual } from 'node:util';
import { EffectsError } from '../errors.ts';
import type { Exec } from '../exec.ts';
import {
  describeCommand,
  type Exchange,
  type RecordedCommand,
  replaceTexts,
  type TranscriptOptions,
} from './transcript.ts';

/** Answers commands from a transcript. */
export interface ReplayExec extends Exec {
  /** Throws `EffectsError` `REPLAY_MISMATCH` when commands of the transcript were not asked for. */
  assertDone(): void;
}

/**
 * Answers as recorded, in the recorded order, without running anything. A command that differs is refused with
 * `EffectsError` `REPLAY_MISMATCH`, which names the first difference. Placeholders of the recording get today's texts.
 */
export function replayExec(transcript: readonly Exchange[], { placeholders = {} }: TranscriptOptions = {}): ReplayExec {
  const texts = Object.entries(placeholders);
  const expected = replaceTexts(transcript, texts);
  let next = 0;
  const exec: Exec = async (file, args, options = {}) => {
    options.signal?.throwIfAborted();
    const exchange = expected[next];
    const asked = describeCommand(file, args, options);
    if (!exchange) throw mismatch(`command ${next + 1} is one more than were recorded: ${lineOf(asked)}`);
    const difference = firstDifference(exchange.command, asked);
    if (difference) throw mismatch(`command ${next + 1} (${lineOf(asked)}) differs ${difference}`);
    next++;
    if ('result' in exchange.outcome) return exchange.outcome.result;
    const { code, message, context } = exchange.outcome.error;
    throw new EffectsError(code, message, context);
  };
  return Object.assign(exec, {
    assertDone() {
      const left = expected[next];
      if (!left) return;
      throw mismatch(`${expected.length - next} recorded commands were not asked for, first ${lineOf(left.command)}`);
    },
  });
}

function firstDifference(recorded: RecordedCommand, asked: RecordedCommand): string | undefined {
  if (recorded.file !== asked.file) return between('file', recorded.file, asked.file);
  for (let index = 0; index < Math.max(recorded.args.length, asked.args.length); index++) {
    const [one, other] = [recorded.args[index], asked.args[index]];
    if (one !== other) return between(`args[${index}]`, one, other);
  }
  for (const key of ['cwd', 'env', 'input', 'okExitCodes'] as const) {
    if (!isDeepStrictEqual(recorded[key], asked[key])) return between(key, recorded[key], asked[key]);
  }
  return undefined;
}

function between(place: string, recorded: unknown, asked: unknown): string {
  return `in ${place}: recorded ${JSON.stringify(recorded) ?? 'nothing'}, asked ${JSON.stringify(asked) ?? 'nothing'}`;
}

function lineOf({ file, args }: RecordedCommand): string {
  return [file, ...args].join(' ');
}

function mismatch(what: string): EffectsError {
  return new EffectsError('REPLAY_MISMATCH', `The commands are not those of the transcript: ${what}`);
}
