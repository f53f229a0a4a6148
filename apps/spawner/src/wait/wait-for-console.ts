import { join } from 'node:path';
import { watchDomain } from '@spawnkit/domain-runtime';
import { followLog } from './console-log.ts';
import { SpawnerError } from '../errors.ts';
import type { Host } from '../host.ts';
import type { SpawnedInstance } from '../spawn/spawn.ts';

/** What a line without an end may grow to. */
const LONGEST_LINE = 64 * 1024;

export interface WaitForConsoleOptions {
  /** Bytes to be found, or what a line has to match. */
  readonly text: string | RegExp;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Resolves when the console of an instance has shown a text. The instance stays, whatever happens. Throws {@link
 * SpawnerError} `WAIT_TIMEOUT`, `DomainRuntimeError` `DOMAIN_STOPPED` when the guest ends before, or the signal's
 * reason.
 */
export async function waitForConsole(
  host: Host,
  { name, uuid, instancePath }: Pick<SpawnedInstance, 'name' | 'uuid' | 'instancePath'>,
  { text, timeoutMs, signal }: WaitForConsoleOptions,
): Promise<void> {
  const over = new AbortController();
  const deadline = AbortSignal.timeout(timeoutMs);
  const ends = AbortSignal.any([signal, over.signal, deadline]);
  await using watch = await watchDomain(await host.connect({ signal }), uuid, { clock: host.clock, signal });
  const stopped = watch.until('SHUTOFF', { timeoutMs: timeoutMs + 1000, signal: ends });
  try {
    const shown = find(join(instancePath, 'console.log'), text, ends);
    await Promise.race([shown, stopped.then(() => Promise.reject(ended(name, text)))]);
  } catch (error) {
    signal.throwIfAborted();
    if (deadline.aborted) throw tooLate(name, text, timeoutMs);
    throw error;
  } finally {
    over.abort();
    await stopped.catch(() => {});
  }
}

async function find(path: string, text: string | RegExp, signal: AbortSignal): Promise<void> {
  if (typeof text !== 'string') return findLine(path, text, signal);
  const wanted = Buffer.from(text);
  let tail = Buffer.alloc(0);
  for await (const chunk of followLog(path, { file: path, offset: 0 }, signal)) {
    const seen = Buffer.concat([tail, chunk]);
    if (seen.includes(wanted)) return;
    tail = seen.subarray(Math.max(0, seen.length - wanted.length + 1));
  }
}

async function findLine(path: string, pattern: RegExp, signal: AbortSignal): Promise<void> {
  let line = '';
  for await (const chunk of followLog(path, { file: path, offset: 0 }, signal)) {
    const lines = (line + chunk.toString('latin1')).split('\n');
    if (lines.some((one) => pattern.test(one))) return;
    line = (lines.at(-1) ?? '').slice(-LONGEST_LINE);
  }
}

function ended(name: string, text: string | RegExp): SpawnerError {
  return new SpawnerError('WAIT_TIMEOUT', `The guest "${name}" ended before its console showed "${text}"`, {
    fix: `\`spawner logs ${name}\` shows what it did show; \`spawner delete ${name}\` removes the instance.`,
  });
}

function tooLate(name: string, text: string | RegExp, timeoutMs: number): SpawnerError {
  return new SpawnerError(
    'WAIT_TIMEOUT',
    `The console of "${name}" did not show "${text}" within ${timeoutMs / 1000} s; the instance is kept`,
    { fix: `\`spawner logs ${name}\` shows what it did show; --wait-timeout allows more time.` },
  );
}
