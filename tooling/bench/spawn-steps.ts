import type { OnProgress } from '../../apps/spawner/src/index.ts';
import { round, timing } from './statistics.ts';

/** How long the steps of spawns take. */
export interface StepTimes {
  /** Listens to one spawn, until its end. */
  listen(): { readonly onProgress: OnProgress; readonly end: () => void };
  /** `prepare 12, image 3, …`: medians in milliseconds. */
  text(): string;
}

export function stepTimes(): StepTimes {
  const times = new Map<string, number[]>();
  return {
    listen() {
      const began: [step: string, atMs: number][] = [];
      return {
        onProgress: (event) => event.type === 'step' && began.push([event.step, performance.now()]),
        end() {
          for (const [index, [step, atMs]] of began.entries()) {
            const tookMs = (began[index + 1]?.[1] ?? performance.now()) - atMs;
            times.set(step, [...(times.get(step) ?? []), tookMs]);
          }
        },
      };
    },
    text: () => [...times].map(([step, ms]) => `${step} ${round(timing(ms).median)}`).join(', '),
  };
}
