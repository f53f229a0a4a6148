import { DomainRuntimeError, watchDomain } from '@spawnkit/domain-runtime';
import type { Connection } from '@spawnkit/libvirt';
import { addressesOf } from '../instance/addresses.ts';
import { type Endpoint, endpointOf, reachableAddress } from '../instance/endpoint.ts';
import { SpawnerError } from '../errors.ts';
import type { Host } from '../host.ts';
import type { KnownInstance } from '../instance/inventory.ts';
import { greetsAs } from './tcp-greeting.ts';
import { waitForConsole } from './wait-for-console.ts';
import type { WaitTarget } from './wait-targets.ts';

export interface WaitForOptions {
  readonly target: WaitTarget;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Where the guest was found, for the targets that find it. */
export interface WaitedFor {
  readonly target: WaitTarget;
  readonly address?: string | undefined;
  readonly port?: number | undefined;
}

/** Nobody tells of a lease or of a port that opens, so these are looked for again and again. */
const LOOK_EVERY_MS = 500;
const GREETING_TIMEOUT_MS = 5000;
const SSH_PORT = 22;

/**
 * Resolves when an instance is as wanted; the instance stays, whatever happens. Throws {@link SpawnerError}
 * `WAIT_TIMEOUT`, `DomainRuntimeError` `DOMAIN_STOPPED` when the guest does not run or ends before, or the signal's
 * reason.
 */
export async function waitFor(host: Host, instance: KnownInstance, options: WaitForOptions): Promise<WaitedFor> {
  const { target, timeoutMs, signal } = options;
  const conn = await host.connect({ uri: instance.uri, signal });
  await using watch = await watchDomain(conn, instance.uuid, { clock: host.clock, signal });
  const started = host.clock.monotonicMs();
  await inTime(instance, options, watch.until('RUNNING', { timeoutMs, signal }));
  if (target === 'running') return { target };
  const leftMs = Math.max(1, Math.ceil(timeoutMs - (host.clock.monotonicMs() - started)));
  if (target === 'cloud-init') return waitForCloudInit(host, instance, { ...options, timeoutMs: leftMs });
  const search = target === 'ip' ? findAddress : findSshServer;
  const deadline = AbortSignal.timeout(leftMs);
  try {
    const look = (alive: AbortSignal) => repeat(host, () => search(conn, instance, alive), alive);
    const found = await watch.whileAlive(look, { signal: AbortSignal.any([signal, deadline]) });
    return { target, ...found };
  } catch (error) {
    signal.throwIfAborted();
    throw deadline.aborted ? tooLate(instance, options, error) : error;
  }
}

/** The last line that cloud-init prints says so whatever has failed before; a warning tells what. */
async function waitForCloudInit(host: Host, instance: KnownInstance, options: WaitForOptions): Promise<WaitedFor> {
  await waitForConsole(host, instance, { ...options, text: /Cloud-init v\S* .*finished at/ });
  return { target: 'cloud-init' };
}

async function findAddress(conn: Connection, instance: KnownInstance, signal: AbortSignal) {
  const address = reachableAddress(await addressesOf(conn, instance, { signal }));
  return address === undefined ? undefined : { address };
}

async function findSshServer(
  conn: Connection,
  instance: KnownInstance,
  signal: AbortSignal,
): Promise<Endpoint | undefined> {
  const endpoint = await endpointOf(conn, instance, SSH_PORT, { signal });
  if (!endpoint) return undefined;
  const answers = await greetsAs(endpoint, 'SSH-', { timeoutMs: GREETING_TIMEOUT_MS, signal });
  return answers ? endpoint : undefined;
}

async function repeat<T>({ clock }: Host, look: () => Promise<T | undefined>, signal: AbortSignal): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await clock.sleep(LOOK_EVERY_MS, { signal });
  }
}

async function inTime(instance: KnownInstance, options: WaitForOptions, waiting: Promise<unknown>): Promise<void> {
  try {
    await waiting;
  } catch (error) {
    const isLate = error instanceof DomainRuntimeError && error.code === 'WAIT_TIMEOUT';
    throw isLate ? tooLate(instance, options, error) : error;
  }
}

const wishes: Readonly<Record<WaitTarget, string>> = {
  running: 'did not run',
  ip: 'had no address that this host knows',
  ssh: 'had no SSH server that answers',
  'cloud-init': 'did not show the last line of cloud-init',
};

function tooLate({ name }: KnownInstance, { target, timeoutMs }: WaitForOptions, cause: unknown): SpawnerError {
  return new SpawnerError('WAIT_TIMEOUT', `"${name}" ${wishes[target]} within ${timeoutMs / 1000} s`, {
    cause,
    fix: `\`spawner logs ${name}\` shows its console; --timeout allows more time.`,
    context: { name, target, timeoutMs },
  });
}
