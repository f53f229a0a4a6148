import { collectInterrupted, type InterruptedReport } from '../gc/gc.ts';
import type { Check } from './finding.ts';

/** Whether something that was interrupted waits to be taken back. */
export const examineJournals: Check = async ({ host, signal }) => {
  const what = 'journals';
  const { collected, busy } = await collectInterrupted(host, { dryRun: true, signal });
  if (collected.length > 0) {
    return [
      {
        what,
        verdict: 'warning',
        detail: `${namesOf(collected)} ${collected.length === 1 ? 'was' : 'were'} interrupted and not taken back`,
        fix: 'spawner gc',
        repair: async () => void (await collectInterrupted(host, { signal })),
      },
    ];
  }
  const detail = busy.length > 0 ? `work goes on at ${namesOf(busy)}` : 'nothing is left behind';
  return [{ what, verdict: 'good', detail }];
};

function namesOf(remains: InterruptedReport['collected']): string {
  return remains.map(({ name, uuid }) => name ?? uuid).join(', ');
}
