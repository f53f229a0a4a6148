import type { CliContext } from '../cli-context.ts';
import { type Changes, changesTo, findExisting, withIdentityOf } from '../instance/existing-instance.ts';
import { openHost } from '../host.ts';
import { plan, type SpawnPlan } from '../spawn/plan.ts';
import { requestFromSpec, type SpawnRequest } from '../request/request.ts';
import type { CanonicalValue } from '../spec/canonical-spec.ts';
import type { SpecOrigin } from '../spec/layers.ts';
import { readSpecFiles } from '../spec/read-spec.ts';

/** `spawner plan`: what a launch of each specification of a file would do. */
export async function planCommand(cli: CliContext, specPath: string): Promise<void> {
  const files = await readSpecFiles(specPath, { host: cli.settings });
  await planRequests(
    cli,
    files.map((file) => ({ request: requestFromSpec(file), origins: file.origins })),
  );
}

/** A request, and where its values come from if it was made from a specification. */
export interface WantedRequest {
  readonly request: SpawnRequest;
  readonly origins?: readonly SpecOrigin[] | undefined;
}

/** Prints the plans of requests. */
export async function planRequests(cli: CliContext, wishes: readonly WantedRequest[]): Promise<void> {
  await using host = openHost(cli);
  const plans: FullPlan[] = [];
  for (const { request, origins } of wishes) {
    const existing = await findExisting(host, request.name);
    const wanted = existing ? withIdentityOf(existing, request) : request;
    const planned = await plan(host, wanted, { signal: cli.signal });
    const changes = existing && (await changesTo(existing, request, planned.xml));
    plans.push({ ...planned, ...(changes ? { changes } : {}), ...(cli.verbose && origins ? { origins } : {}) });
  }
  const [only, second] = plans;
  cli.print(only && !second ? only : plans, plans.map(asText).join('\n\n'));
}

interface FullPlan extends SpawnPlan {
  readonly changes?: Changes;
  readonly origins?: readonly SpecOrigin[];
}

function asText({ name, virtType, virtTypeReason, steps, xml, changes, origins = [] }: FullPlan): string {
  const numbered = steps.map((step, index) => `${String(index + 1).padStart(3)}. ${step}`);
  const head = `Launching "${name}" under ${virtType} (${virtTypeReason}) would:`;
  return [
    ...(origins.length > 0 ? ['The specification:', ...origins.map(originText), ''] : []),
    head,
    ...numbered,
    '',
    ...(changes ? changesText(name, changes) : ['The domain:', xml]),
  ].join('\n');
}

function originText({ path, value, from }: { path: string; value: CanonicalValue; from: string }): string {
  return `  ${path} = ${shown(value)}  (${from})`;
}

function changesText(name: string, { uuid, same, spec, xml }: Changes): readonly string[] {
  const head = `But there is an instance "${name}" already (${uuid})`;
  if (same) return [`${head}, made from this very specification: \`apply\` would leave it alone.`];
  return [
    `${head}, from another specification: \`apply --recreate\` would delete it first.`,
    ...spec.map(({ path, before, after }) => `  ${path}: ${shown(before)} → ${shown(after)}`),
    ...(xml.length > 0 ? ['', 'Its definition would change:', ...xml] : ['Its definition would be the same.']),
  ];
}

function shown(value: CanonicalValue | undefined): string {
  return value === undefined ? '(nothing)' : typeof value === 'string' ? value : JSON.stringify(value);
}
