import type { CliContext } from '../cli-context.ts';
import { openHost } from '../host.ts';
import { plan, type SpawnPlan } from '../plan.ts';
import { requestFromSpec } from '../request.ts';
import { readSpecFile, type SpecFile } from '../spec/read-spec.ts';

/** `spawner plan`: what a launch of this specification would do. */
export async function planCommand(cli: CliContext, specPath: string): Promise<void> {
  await planSpec(cli, await readSpecFile(specPath));
}

/** Prints the plan of a specification that was read already. */
export async function planSpec(cli: CliContext, file: SpecFile): Promise<void> {
  await using host = openHost(cli);
  const planned = await plan(host, requestFromSpec(file), { signal: cli.signal });
  cli.print(planned, asText(planned));
}

function asText({ name, virtType, virtTypeReason, steps, xml }: SpawnPlan): string {
  const numbered = steps.map((step, index) => `${String(index + 1).padStart(3)}. ${step}`);
  const head = `Launching "${name}" under ${virtType} (${virtTypeReason}) would:`;
  return [head, ...numbered, '', 'The domain:', xml].join('\n');
}
