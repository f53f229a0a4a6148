import { resolve } from 'node:path';
import { apply, type ApplyOptions, planApply, surplusOf } from '../operations/apply.ts';
import type { CliContext } from '../cli-context.ts';
import { destroyInstance } from '../spawn/destroy.ts';
import { type Host, openHost } from '../host.ts';
import { requestFromSpec, type SpawnRequest } from '../request/request.ts';
import { readSpecFiles } from '../spec/read-spec.ts';
import { printFailures } from './each-instance.ts';
import { takeBackInterrupted } from './launch.ts';

export interface ApplyFlags {
  readonly file: readonly string[];
  readonly prune?: boolean;
  readonly recreate?: boolean;
  readonly dryRun?: boolean;
  readonly set?: string;
}

interface Result {
  readonly name: string;
  readonly action: string;
}

/**
 * `spawner apply`: each specification in turn; one that fails does not keep the others. Answers the first failure's
 * exit code.
 */
export async function applyCommand(cli: CliContext, flags: ApplyFlags): Promise<number | void> {
  const { signal, settings } = cli;
  const { dryRun = false, recreate, prune = false } = flags;
  const files = await Promise.all(flags.file.map((path) => readSpecFiles(path, { host: settings })));
  const requests = files.flat().map(requestFromSpec);
  await using host = openHost(cli);
  if (!dryRun) await takeBackInterrupted(host, cli);
  const options = { set: flags.set ?? setOf(flags.file), recreate, signal };
  const applied = await eachRequest(cli, requests, async (request) =>
    dryRun ? (await planApply(host, request, options)).action : apply(host, request, options),
  );
  const names = requests.map(({ name }) => name);
  const pruned = prune && applied.failures.length === 0 ? await pruneSet(host, { ...options, names, dryRun }) : [];
  const results = [...applied.results, ...pruned];
  cli.print({ dryRun, instances: results }, results.map((one) => asText(one, dryRun)).join('\n') || 'Nothing to do.');
  return printFailures(cli, applied.failures);
}

/** By default one file is one set. */
function setOf([first = '-']: readonly string[]): string {
  return first === '-' ? '-' : resolve(first);
}

async function eachRequest(
  { signal }: CliContext,
  requests: readonly SpawnRequest[],
  run: (request: SpawnRequest) => Promise<string>,
) {
  const results: Result[] = [];
  const failures: unknown[] = [];
  for (const request of requests) {
    try {
      signal.throwIfAborted();
      results.push({ name: request.name, action: await run(request) });
    } catch (error) {
      failures.push(error);
    }
  }
  return { results, failures };
}

/** Only when all is as wanted: what is missing may be what was to take the place of the rest. */
async function pruneSet(
  host: Host,
  { set, names, dryRun, signal }: ApplyOptions & { readonly names: readonly string[]; readonly dryRun: boolean },
): Promise<readonly Result[]> {
  const surplus = await surplusOf(host, { set, names });
  if (!dryRun) for (const instance of surplus) await destroyInstance(host, instance, { signal });
  return surplus.map(({ name }) => ({ name, action: 'delete' }));
}

const done: Readonly<Record<string, string>> = {
  launch: 'launched',
  recreate: 'deleted and launched anew',
  'leave alone': 'is as specified',
  delete: 'deleted, since it is specified no more',
};

function asText({ name, action }: Result, dryRun: boolean): string {
  return dryRun ? `${name}: would ${action}` : `${name}: ${done[action] ?? action}`;
}
