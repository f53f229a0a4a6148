import { cpus, loadavg } from 'node:os';
import { designGuest, type GuestRequest } from '../../packages/guest-designer/src/index.ts';
import { everyRecordedCase } from '../../packages/guest-designer/test/recorded-hosts.ts';
import { documentOf } from '../../packages/guest-designer/test/recorded-outcome.ts';
import { requestOf } from '../../packages/guest-designer/test/recorded-request.ts';
import { round, timing } from './statistics.ts';

const DEFAULT_ROUNDS = 20;

/** Rounds that nobody counts, until the engine has compiled what it runs. */
const WARM_UP_ROUNDS = 3;

/** Designing each recorded guest, beside the building of its XML. */
export async function run({ json, rounds = DEFAULT_ROUNDS }: { json: boolean; rounds: number | undefined }) {
  const result = measure(await designableRequests(), rounds);
  console.log(json ? JSON.stringify(result, null, 2) : asText(result));
}

function measure(requests: readonly GuestRequest[], rounds: number) {
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
  const [designUs, buildUs] = [microseconds(design), microseconds(build)];
  return {
    machine: `${cpus().length} × ${cpus()[0]?.model.trim()}, load ${round(loadavg()[0] ?? 0)}`,
    guests: requests.length,
    rounds,
    designUs,
    buildUs,
    ratio: round(designUs.median / buildUs.median),
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

function asText({ machine, guests, rounds, designUs, buildUs, ratio }: ReturnType<typeof measure>): string {
  const row = (name: string, { median, best, p90 }: typeof designUs) =>
    `${name.padEnd(12)} median ${String(median).padStart(8)} µs   best ${String(best).padStart(8)}   p90 ${String(p90).padStart(8)}`;
  return [
    `designer, ${rounds} interleaved rounds over ${guests} recorded guests on ${machine}`,
    row('designGuest', designUs),
    row('XML build', buildUs),
    `ratio ${ratio}; goal: a median of at most 1000 µs per design`,
  ].join('\n');
}
