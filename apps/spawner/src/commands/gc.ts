import type { CliContext } from '../cli-context.ts';
import { exitCodes } from '../exit-code.ts';
import { collect, type GarbageReport } from '../gc/gc.ts';
import { openHost } from '../host.ts';
import type { Remains } from '../gc/remains.ts';
import { formatSize } from '../spec/units.ts';

/** `spawner gc`: takes back what nobody owns any more. Exit code 10 when something would not go. */
export async function gc(cli: CliContext, { dryRun = false }: { dryRun?: boolean }): Promise<number | void> {
  await using host = openHost(cli);
  const report = await collect(host, { dryRun, signal: cli.signal });
  cli.print(report, asText(report, dryRun));
  return report.failed.length > 0 ? exitCodes.residue : undefined;
}

function asText({ collected, busy, failed, cacheLeftovers, expiredEvents }: GarbageReport, dryRun: boolean): string {
  const verb = dryRun ? 'would take back' : 'took back';
  const lines = [
    ...collected.map((one) => `${verb} ${describe(one)}`),
    ...cacheLeftovers.map(({ name, bytes }) => `${verb} ${name} of the image cache (${formatSize(bytes)})`),
    ...(expiredEvents.length > 0 ? [`${dryRun ? 'would forget' : 'forgot'} ${eventsText(expiredEvents.length)}`] : []),
    ...busy.map((one) => `left alone ${describe(one)}: another process works on it`),
    ...failed.map((one) => `could not take back ${describe(one)}: ${one.problems.join('; ')}`),
  ];
  return lines.length > 0 ? lines.join('\n') : 'Nothing to take back.';
}

function eventsText(count: number): string {
  return `${count} expired ${count === 1 ? 'event' : 'events'} that nobody took`;
}

function describe({ name, uuid, operation, acts }: Remains): string {
  if (operation !== undefined)
    return `${operation} of ${name ?? 'an instance'} (${uuid}): ${acts.join(', ') || 'what it kept'}`;
  return `${name ?? 'a spawn that had not begun'} (${uuid})${acts.length > 0 ? `: ${acts.join(', ')}` : ''}`;
}
