import { resolve } from 'node:path';
import type { CliContext } from '../cli-context.ts';
import { SpawnerError } from '../errors.ts';
import { collectInterrupted } from '../gc.ts';
import { type Host, openHost } from '../host.ts';
import { requestFromSpec } from '../request.ts';
import { spawn, type SpawnedInstance } from '../spawn.ts';
import { parseSpec, readSpecFile, type SpecFile, type SpecOverride } from '../spec/read-spec.ts';
import { waitForConsole } from '../wait-for-console.ts';
import { planSpec } from './plan.ts';

export interface LaunchFlags {
  readonly name?: string;
  readonly image?: string;
  readonly memory?: string;
  readonly vcpus?: number;
  readonly disk?: string;
  readonly network?: readonly string[];
  readonly waitFor?: string;
  readonly waitTimeout: number;
  readonly dryRun?: boolean;
}

/** `spawner launch`: spawns the instance of a specification, of options, or of both, where options win. */
export async function launch(cli: CliContext, specPath: string | undefined, flags: LaunchFlags): Promise<void> {
  const file = await specOf(specPath, flags);
  if (flags.dryRun) return planSpec(cli, file);
  await using host = openHost(cli);
  await takeBackInterrupted(host, cli);
  const spawned = await spawn(host, requestFromSpec(file), { signal: cli.signal });
  if (flags.waitFor !== undefined) {
    const timeoutMs = flags.waitTimeout * 1000;
    await waitForConsole(host, spawned, { text: flags.waitFor, timeoutMs, signal: cli.signal });
  }
  cli.print(spawned, asText(spawned));
}

/** What a crash left could stand in the way of this very spawn. That it will not go is no reason not to try. */
async function takeBackInterrupted(host: Host, { onProgress, signal }: CliContext): Promise<void> {
  const { failed } = await collectInterrupted(host, { signal });
  for (const { name, uuid, problems } of failed) {
    const message = `an interrupted spawn of ${name ?? uuid} could not be taken back: ${problems.join('; ')}`;
    onProgress({ type: 'warning', message });
  }
}

/** The specification with the options in their places. */
export async function specOf(path: string | undefined, flags: Partial<LaunchFlags>): Promise<SpecFile> {
  const overrides = overridesOf(flags);
  if (path !== undefined) return readSpecFile(path, overrides);
  if (flags.name === undefined || (flags.image === undefined && flags.disk === undefined)) {
    throw new SpawnerError('USAGE', 'launch needs a specification, or at least --name and --image', {
      fix: 'For example: spawner launch --name web --image ./debian.qcow2 --memory 1GiB --network default',
    });
  }
  return { spec: parseSpec('', { name: 'the options', overrides }), directory: process.cwd() };
}

function overridesOf({ name, image, memory, vcpus, disk, network }: Partial<LaunchFlags>): readonly SpecOverride[] {
  const given: readonly SpecOverride[] = [
    { path: ['name'], value: name },
    // As another image than the specification's it has neither its checksum nor its properties.
    { path: ['image'], value: image === undefined || image.includes('://') ? image : resolve(image) },
    { path: ['flavor', 'memory'], value: memory },
    { path: ['flavor', 'vcpus'], value: vcpus },
    { path: ['flavor', 'disk'], value: disk },
    { path: ['networks'], value: network?.map((one) => (one === 'user' ? { user: true } : { network: one })) },
  ];
  return given.filter(({ value }) => value !== undefined);
}

function asText({ name, uuid, virtType }: SpawnedInstance): string {
  const slow = virtType === 'qemu' ? ' (without KVM, so slowly)' : '';
  return `${name} runs${slow}: ${uuid}\n  spawner show ${name}     its facts\n  spawner console ${name}  its console\n  spawner delete ${name}   and nothing is left`;
}
