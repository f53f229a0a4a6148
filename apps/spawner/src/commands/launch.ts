import { resolve } from 'node:path';
import type { CliContext } from '../cli-context.ts';
import { SpawnerError } from '../errors.ts';
import { collectInterrupted } from '../gc/gc.ts';
import { type Host, openHost } from '../host.ts';
import { readNovaRequest } from '../request/nova-request.ts';
import { requestFromSpec } from '../request/request.ts';
import { spawn, type SpawnedInstance } from '../spawn/spawn.ts';
import type { SpecDefaults, SpecOverride } from '../spec/layers.ts';
import { parseSpec, readSpecFile, type SpecFile } from '../spec/read-spec.ts';
import { waitForConsole } from '../wait/wait-for-console.ts';
import { planRequests, type WantedRequest } from './plan.ts';

export interface LaunchFlags {
  readonly name?: string;
  readonly profile?: string;
  readonly image?: string;
  readonly memory?: string;
  readonly vcpus?: number;
  readonly disk?: string;
  readonly network?: readonly string[];
  readonly port?: readonly string[];
  readonly waitFor?: string;
  readonly waitTimeout: number;
  readonly dryRun?: boolean;
  /** A file with what Nova hands its driver, instead of a specification. */
  readonly nova?: string;
}

/** `spawner launch`: spawns the instance of a specification, of options, or of both, where options win. */
export async function launch(cli: CliContext, specPath: string | undefined, flags: LaunchFlags): Promise<void> {
  const wanted = await wantedOf(cli, specPath, flags);
  if (flags.dryRun) return planRequests(cli, [wanted]);
  await using host = openHost(cli);
  await takeBackInterrupted(host, cli);
  const spawned = await spawn(host, wanted.request, { signal: cli.signal });
  if (flags.waitFor !== undefined) {
    const timeoutMs = flags.waitTimeout * 1000;
    await waitForConsole(host, spawned, { text: flags.waitFor, timeoutMs, signal: cli.signal });
  }
  cli.print(spawned, asText(spawned));
}

/** `spawner create`: as `launch`, up to a guest that only has to be started. */
export async function create(
  cli: CliContext,
  specPath: string | undefined,
  flags: Omit<LaunchFlags, 'waitFor' | 'waitTimeout'>,
): Promise<void> {
  const wanted = await wantedOf(cli, specPath, flags);
  if (flags.dryRun) return planRequests(cli, [wanted]);
  await using host = openHost(cli);
  await takeBackInterrupted(host, cli);
  const created = await spawn(host, wanted.request, { powerOn: false, signal: cli.signal });
  cli.print(created, `${created.name} is ready: ${created.uuid}\n  spawner start ${created.name}   starts it`);
}

/** The request that the command line asks for, of Nova or of a specification with its origins. */
async function wantedOf(
  { settings }: CliContext,
  specPath: string | undefined,
  { nova, ...flags }: Partial<LaunchFlags>,
): Promise<WantedRequest> {
  if (nova === undefined) {
    const file = await specOf(specPath, flags, settings);
    return { request: requestFromSpec(file), origins: file.origins };
  }
  if (specPath === undefined) return { request: await readNovaRequest(nova, flags) };
  throw new SpawnerError('USAGE', 'A launch is of a specification or of a request of Nova, not both', {
    fix: 'Leave one of them out.',
  });
}

/** What a crash left could stand in the way of this very spawn. That it will not go is no reason not to try. */
export async function takeBackInterrupted(host: Host, { onProgress, signal }: CliContext): Promise<void> {
  const { failed } = await collectInterrupted(host, { signal });
  for (const { name, uuid, problems } of failed) {
    const message = `an interrupted spawn of ${name ?? uuid} could not be taken back: ${problems.join('; ')}`;
    onProgress({ type: 'warning', message });
  }
}

/** The specification with the options in their places. */
export async function specOf(
  path: string | undefined,
  flags: Partial<LaunchFlags>,
  host: SpecDefaults = {},
): Promise<SpecFile> {
  const overrides = overridesOf(flags);
  if (path !== undefined) return readSpecFile(path, { overrides, host });
  if (flags.name === undefined || (flags.image === undefined && flags.disk === undefined)) {
    throw new SpawnerError('USAGE', 'launch needs a specification, or at least --name and --image', {
      fix: 'For example: spawner launch --name web --image ./debian.qcow2 --memory 1GiB --network default',
    });
  }
  const spec = parseSpec('', { name: 'the options', overrides, host });
  return { spec, directory: process.cwd() };
}

function overridesOf({
  name,
  image,
  memory,
  vcpus,
  disk,
  network,
  port,
  profile,
}: Partial<LaunchFlags>): readonly SpecOverride[] {
  const given: readonly SpecOverride[] = [
    { path: ['name'], value: name },
    { path: ['profile'], value: profile },
    // As another image than the specification's it has neither its checksum nor its properties.
    { path: ['image'], value: image === undefined || image.includes('://') ? image : resolve(image) },
    { path: ['flavor', 'memory'], value: memory },
    { path: ['flavor', 'vcpus'], value: vcpus },
    { path: ['flavor', 'disk'], value: disk },
    { path: ['networks'], value: network?.map((one) => (one === 'user' ? { user: true } : { network: one })) },
    { path: ['ports'], value: port },
  ];
  return given.filter(({ value }) => value !== undefined);
}

function asText({ name, uuid, virtType }: SpawnedInstance): string {
  const slow = virtType === 'qemu' ? ' (without KVM, so slowly)' : '';
  return `${name} runs${slow}: ${uuid}\n  spawner show ${name}     its facts\n  spawner console ${name}  its console\n  spawner delete ${name}   and nothing is left`;
}
