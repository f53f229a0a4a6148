import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'vitest';
import type { Sample } from './sample.ts';

export interface Soak {
  readonly statePath: string;
  readonly spec: string;
  readonly cycles: number;
  /** Forgets something of each kind in each cycle, to see that it is noticed. */
  readonly leak?: boolean;
}

/** Runs cycles of create and delete in a process of their own; answers what it held after each. */
export async function soak({ statePath, spec, cycles, leak = false }: Soak): Promise<readonly Sample[]> {
  const program = join(import.meta.dirname, 'cycles.ts');
  const args = ['--expose-gc', program, statePath, spec, String(cycles), ...(leak ? ['leak'] : [])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  const samples = stdout.trim().split('\n');
  expect(samples, stderr).toHaveLength(cycles);
  return samples.map((line) => JSON.parse(line) as Sample);
}

export interface Flatness {
  /** Cycles that fill caches: the first connection, compiled code. */
  readonly warmUp: number;
  readonly objectBytesPerCycle: number;
  readonly rssBytesPerCycle: number;
}

/** What grows from cycle to cycle, by name; empty for a process that forgets nothing. */
export function growing(samples: readonly Sample[], limits: Flatness): readonly string[] {
  const steady = samples.slice(limits.warmUp);
  const counted = (['fds', 'files', 'domains'] as const).filter(
    (what) => slope(steady.map((sample) => sample[what])) !== 0 || steady.at(-1)?.[what] !== steady[0]?.[what],
  );
  const objects = slope(steady.map(({ objectBytes }) => objectBytes)) > limits.objectBytesPerCycle;
  const rss = slope(steady.map(({ rssBytes }) => rssBytes)) > limits.rssBytesPerCycle;
  return [...counted, ...(objects ? ['objectBytes'] : []), ...(rss ? ['rssBytes'] : [])];
}

/** Of the straight line that fits best (least squares), per cycle. */
export function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const covariance = values.reduce((sum, value, index) => sum + (index - middle) * (value - mean), 0);
  const variance = values.reduce((sum, _, index) => sum + (index - middle) ** 2, 0);
  return covariance / variance;
}
