import { designGuest, type GuestRequest } from '../../packages/guest-designer/src/index.ts';
import { everyRecordedCase } from '../../packages/guest-designer/test/recorded-hosts.ts';
import { documentOf } from '../../packages/guest-designer/test/recorded-outcome.ts';
import { requestOf } from '../../packages/guest-designer/test/recorded-request.ts';
import type { BenchOptions, Report } from './report.ts';
import { timing } from './statistics.ts';

const DEFAULT_ROUNDS = 20;

/** Rounds that nobody counts, until the engine has compiled what it runs. */
const WARM_UP_ROUNDS = 3;

/** Designing each recorded guest, beside the building of its XML. */
export async function run({ rounds = DEFAULT_ROUNDS }: BenchOptions): Promise<Report> {
  return measure(await designableRequests(), rounds);
}

function measure(requests: readonly GuestRequest[], rounds: number): Report {
  const design: number[] = [];
  const build: number[] = [];
  for (let index = -WARM_UP_ROUNDS; index < rounds; index++) {
    for (const request of requests) {
      const [guest, designMs] = timedCall(() => designGuest(request));
      const [, buildMs] = timedCall(() => documentOf(guest));
      if (index < 0) continue;
      design.push(designMs);
      build.push(buildMs);
    }
  }
  return {
    what: `Design of each of ${requests.length} recorded guests, ${rounds} interleaved rounds over all, medians.`,
    figures: [
      {
        what: '`designGuest`',
        unit: 'µs',
        ours: microseconds(design),
        peer: { name: 'building its XML', theirs: microseconds(build) },
        goal: { atMost: 1000 },
      },
    ],
  };
}

/** The recorded cases that end in a guest. */
async function designableRequests(): Promise<readonly GuestRequest[]> {
  const requests: GuestRequest[] = [];
  for await (const { one, host } of everyRecordedCase()) {
    try {
      const request = requestOf(one, host);
      designGuest(request);
      requests.push(request);
    } catch {
      // A recorded refusal.
    }
  }
  return requests;
}

function timedCall<T>(call: () => T): readonly [T, number] {
  const started = performance.now();
  const result = call();
  return [result, performance.now() - started];
}

function microseconds(milliseconds: readonly number[]) {
  return timing(milliseconds.map((ms) => ms * 1000));
}
