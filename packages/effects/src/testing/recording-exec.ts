import { appendFile, writeFile } from 'node:fs/promises';
import { EffectsError } from '../errors.ts';
import type { Exec, ExecOptions } from '../exec.ts';
import { Secret } from '../secret.ts';
import { describeCommand, type Exchange, replaceTexts, type TranscriptOptions } from './transcript.ts';

/**
 * Runs commands by `exec` and writes each with its outcome into a transcript, beginning it anew: one line per command, in the
 * order in which they ended. Secrets that are inputs are masked wherever a program repeats them. A call that was aborted is not
 * recorded.
 */
export function recordingExec(exec: Exec, path: string, { placeholders = {} }: TranscriptOptions = {}): Exec {
  const names = Object.entries(placeholders).map(([name, text]) => [text, name] as const);
  let last = writeFile(path, '');
  const record = (exchange: Exchange, input: ExecOptions['input']) => {
    const masks = input instanceof Secret ? [[input.reveal(), String(input)] as const] : [];
    const line = `${JSON.stringify(replaceTexts(exchange, [...masks, ...names]))}\n`;
    last = last.then(() => appendFile(path, line));
    return last;
  };
  return async (file, args, options = {}) => {
    const command = describeCommand(file, args, options);
    try {
      const result = await exec(file, args, options);
      await record({ command, outcome: { result } }, options.input);
      return result;
    } catch (error) {
      if (error instanceof EffectsError) {
        const { code, message, context } = error;
        await record({ command, outcome: { error: { code, message, context } } }, options.input);
      }
      throw error;
    }
  };
}
