import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runBackendCase } from '../../packages/image-backend/test/recorded/recorded-backend.ts';
import type { BackendCase } from '../../packages/image-backend/test/recorded/recorded-case.ts';
import { backendException } from '../../packages/image-backend/test/recorded/backend-exceptions.ts';
import {
  cacheException,
  instanceException,
  type SameInstanceBut,
} from '../../packages/image-backend/test/recorded/instance-exceptions.ts';
import {
  type CacheCase,
  expectedOfCache,
  runCacheCase,
} from '../../packages/image-backend/test/recorded/recorded-cache.ts';
import { comparedInstance, type InstanceCase } from '../../packages/image-backend/test/recorded/recorded-instance.ts';
import { comparedBackend } from '../../packages/image-backend/test/recorded/compared-backend.ts';
import { type CaseVerdict, firstDifference, report, type Verdict } from './report.ts';

const ownVectors = join(import.meta.dirname, '../../packages/image-backend/test/vectors/images');

/** The recorded cases of image backends, of the disks of whole instances, and of the image cache. */
export async function run(args: readonly string[]): Promise<number> {
  const at = args.indexOf('--dir');
  return report(verdicts(at < 0 ? ownVectors : (args[at + 1] ?? ownVectors)));
}

async function* verdicts(directory: string): AsyncIterable<CaseVerdict> {
  for (const one of await cases<BackendCase>(directory, 'backend')) {
    yield { id: one.id, verdict: await backendVerdict(one) };
  }
  for (const one of await cases<InstanceCase>(directory, 'create_image')) {
    yield { id: one.id, verdict: await instanceVerdict(one) };
  }
  for (const one of await cases<CacheCase>(directory, 'cache')) {
    yield { id: one.id, verdict: await cacheVerdict(one) };
  }
}

async function cases<Case>(directory: string, name: string): Promise<readonly Case[]> {
  const text = await readFile(join(directory, `${name}.json`), 'utf8');
  return (JSON.parse(text) as { cases: readonly Case[] }).cases;
}

async function backendVerdict(one: BackendCase): Promise<Verdict> {
  const ours = await runBackendCase(one).catch((error: unknown) =>
    error instanceof Error ? error.stack : String(error),
  );
  if (typeof ours !== 'object') return { status: 'failed', difference: `ended by ${ours}` };
  const { expected, actual } = comparedBackend(one, ours);
  const difference = firstDifference(expected, actual);
  if (difference === undefined) return { status: 'passed' };
  const rule = backendException(one, ours, (ignore) => firstDifference(ignore(expected), ignore(actual)) === undefined);
  return excepted(rule, difference);
}

async function instanceVerdict(one: InstanceCase): Promise<Verdict> {
  const { expected, actual } = await comparedInstance(one);
  const difference = firstDifference(expected, plain(actual));
  if (difference === undefined) return { status: 'passed' };
  type Steps = Parameters<Parameters<SameInstanceBut>[0]>[0];
  const rule = instanceException(
    one,
    actual,
    (ignore) => firstDifference(ignore(expected as Steps), plain(ignore(actual as Steps))) === undefined,
  );
  return excepted(rule, difference);
}

async function cacheVerdict(one: CacheCase): Promise<Verdict> {
  const ours = await runCacheCase(one);
  const difference = firstDifference(expectedOfCache(one), ours);
  return difference === undefined ? { status: 'passed' } : excepted(cacheException(one, ours), difference);
}

/** Without what JSON leaves out. */
function plain(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}

function excepted(rule: string | undefined, difference: string): Verdict {
  return rule === undefined ? { status: 'failed', difference } : { status: 'excepted', rule };
}
