import { styleText } from 'node:util';
import { checkOfError } from '../doctor/check-of-error.ts';
import { type ExitCode, exitCodeOf, exitCodes } from '../exit-code.ts';
import { toJson } from './json.ts';

/** Prints an error for a person, or as one JSON object, on stderr; answers the exit code. */
export function printError(error: unknown, { json = false }: { json?: boolean } = {}): ExitCode {
  const exitCode = exitCodeOf(error);
  process.stderr.write(json ? `${toJson({ error: asJson(error), exitCode })}\n` : forPeople(error, exitCode));
  return exitCode;
}

function forPeople(error: unknown, exitCode: ExitCode): string {
  const lines = [`${styleText('red', 'error:', { stream: process.stderr })} ${messageOf(error)}`];
  for (const cause of causes(error))
    if (!messageOf(error).includes(cause.message)) lines.push(`  because: ${cause.message}`);
  const fix = fixOf(error);
  if (fix) lines.push(`${styleText('green', 'fix:', { stream: process.stderr })} ${fix}`);
  const check = checkOfError(error);
  if (check) lines.push(`${styleText('green', 'see:', { stream: process.stderr })} spawner doctor ${check}`);
  if (exitCode === exitCodes.bug) {
    lines.push('This is a bug of spawner; please report it with the lines below.');
    lines.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return `${lines.join('\n')}\n`;
}

function asJson(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const { code, context } = error as { code?: unknown; context?: unknown };
  return {
    name: error.name,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    message: error.message,
    ...(fixOf(error) ? { fix: fixOf(error) } : {}),
    ...(checkOfError(error) ? { check: checkOfError(error) } : {}),
    ...(context ? { context } : {}),
    ...(causes(error).length > 0 ? { causes: causes(error).map((cause) => cause.message) } : {}),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function fixOf(error: unknown): string | undefined {
  const fix = (error as { fix?: unknown } | undefined)?.fix;
  return typeof fix === 'string' ? fix : undefined;
}

function causes(error: unknown): readonly Error[] {
  const found: Error[] = [];
  for (let one = (error as Error | undefined)?.cause; one instanceof Error && found.length < 5; one = one.cause)
    found.push(one);
  return found;
}
