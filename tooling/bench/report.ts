import { cpus, loadavg, totalmem } from 'node:os';
import { round, type Timing } from './statistics.ts';

/** What every bench is told. */
export interface BenchOptions {
  /** How often each thing is done; without it, as the bench thinks fit. */
  readonly rounds: number | undefined;
}

/** What a bench answers. */
export interface Report {
  /** What is measured, and how: one sentence. */
  readonly what: string;
  readonly figures: readonly Figure[];
  /** What else is to be known. */
  readonly notes?: readonly string[];
}

/** One line: a figure, a peer's of the same run, and what it should be. */
export interface Figure {
  readonly what: string;
  readonly unit: string;
  readonly ours: Pick<Timing, 'median'> & Partial<Timing>;
  readonly peer?: { readonly name: string; readonly theirs: Figure['ours'] };
  readonly goal?: Goal;
}

/** Of the ratio to the peer, or of the figure itself. */
export type Goal =
  | { readonly ratioAtMost: number }
  | { readonly ratioAtLeast: number }
  | { readonly atMost: number }
  | { readonly atLeast: number };

/** Who measures, and how busy the machine is now. */
export function machine(): string {
  const gib = Math.round(totalmem() / 1024 ** 3);
  const load = loadavg().map((one) => one.toFixed(1));
  return `${cpus().length} × ${cpus()[0]?.model.trim()}, ${gib} GiB, Node ${process.version}, load ${load.join(' ')}`;
}

/** Ours to theirs, where there is a peer. */
export function ratioOf({ ours, peer }: Figure): number | undefined {
  return peer && round(ours.median / peer.theirs.median);
}

/** `met`, or by how much the goal is missed; undefined where there is none. */
export function verdictOf(figure: Figure): { readonly goal: string; readonly verdict: string } | undefined {
  const { goal, unit, ours } = figure;
  if (!goal) return undefined;
  const isRatio = 'ratioAtMost' in goal || 'ratioAtLeast' in goal;
  const value = isRatio ? (ratioOf(figure) ?? Number.NaN) : ours.median;
  const [wanted, most] = limitOf(goal);
  const met = most ? value <= wanted : value >= wanted;
  const missedBy = `${Math.max(1, Math.round(Math.abs(value / wanted - 1) * 100))} %`;
  return {
    goal: `${most ? '≤' : '≥'} ${wanted}${isRatio ? ' ×' : ` ${unit}`}`,
    verdict: met ? 'met' : `missed by ${missedBy}`,
  };
}

function limitOf(goal: Goal): readonly [wanted: number, most: boolean] {
  if ('ratioAtMost' in goal) return [goal.ratioAtMost, true];
  if ('ratioAtLeast' in goal) return [goal.ratioAtLeast, false];
  if ('atMost' in goal) return [goal.atMost, true];
  return [goal.atLeast, false];
}
