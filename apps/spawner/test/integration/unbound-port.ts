import {
  type Host,
  parseSpec,
  requestFromSpec,
  spawn,
  type SpawnedInstance,
  type SpawnRequest,
} from '../../src/index.ts';
import type { Tiny } from './lab.ts';
import { type CliResult, specOf, type Workspace } from './workspace.ts';

/** A request whose ports the network service has not bound yet. */
export function unboundRequest(name: string, tiny: Tiny, ports = 1): SpawnRequest {
  const networks = Array.from({ length: ports }, () => '{ network: spawnkit }').join(', ');
  const request = requestFromSpec({ spec: parseSpec(specOf(name, tiny, `networks: [${networks}]`)), directory: '/' });
  return { ...request, networkInfo: request.networkInfo.map((vif) => ({ ...vif, active: false })) };
}

/** The id of a port. */
export function portOf({ networkInfo }: SpawnRequest, index = 0): string {
  const port = networkInfo[index]?.id;
  if (port === undefined) throw new Error(`There is no port ${index}`);
  return port;
}

/** The state of the instance's domain; `ABSENT` when there is none. */
export async function stateOf(host: Host, { instance }: SpawnRequest): Promise<string> {
  const conn = await host.connect();
  const domain = (await conn.domains.list()).find(({ uuid }) => uuid === instance.uuid);
  return domain ? (await domain.state()).state : 'ABSENT';
}

export interface EventOptions {
  readonly status?: string;
  /** Default: the first port of the instance. */
  readonly tag?: string;
  readonly name?: string;
}

/** Sends an event from another process, the command line; answers what it says became of it. */
export async function sendFromOutside(
  workspace: Workspace,
  request: SpawnRequest,
  { status = 'completed', tag = portOf(request), name = 'network-vif-plugged' }: EventOptions = {},
): Promise<string> {
  const args = ['event', request.instance.uuid, name, '--tag', tag, '--status', status, '--json'];
  const { code, stdout, stderr }: CliResult = await workspace.cli(args);
  if (code !== 0) throw new Error(`spawner ${args.join(' ')} failed: ${stderr}`);
  return (JSON.parse(stdout) as { readonly outcome: string }).outcome;
}

/** A spawn that is under way in this process. */
export interface WaitingSpawn {
  readonly host: Host;
  readonly ended: Promise<SpawnedInstance>;
  /** What it has warned of so far. */
  readonly warnings: readonly string[];
}

export interface SpawningOptions {
  readonly settings?: Partial<Host['settings']>;
  readonly events?: Host['events'];
  /** Instead of what the packages do. */
  readonly parts?: Host['parts'];
  readonly signal?: AbortSignal;
}

/** Begins to spawn; `at` resolves when it has come to that step. The host is left with `await using`. */
export function beginSpawn(
  workspace: Workspace,
  request: SpawnRequest,
  { settings = {}, events, parts, signal }: SpawningOptions = {},
): WaitingSpawn & AsyncDisposable & { at(step: string): Promise<void> } {
  const warnings: string[] = [];
  const reached = new Map<string, PromiseWithResolvers<void>>();
  const stepOf = (step: string) => {
    const known = reached.get(step) ?? Promise.withResolvers<void>();
    reached.set(step, known);
    return known;
  };
  const opened = workspace.host({
    ...(events ? { events } : {}),
    onProgress(event) {
      if (event.type === 'step') stepOf(event.step).resolve();
      if (event.type === 'warning') warnings.push(event.message);
    },
  });
  const host: Host = { ...opened, parts, settings: { ...opened.settings, ...settings } };
  const ended = spawn(host, request, { signal });
  ended.catch(() => {});
  return {
    host,
    ended,
    warnings,
    at: async (step) => {
      await Promise.race([stepOf(step).promise, ended]);
    },
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}
