import { destroyDomain, DomainRuntimeError, resumeDomain, watchDomain } from '@spawnkit/domain-runtime';
import type { Connection, Domain } from '@spawnkit/libvirt';
import { act } from '../spawn/acts.ts';
import { bringUp } from './bring-up.ts';
import { SpawnerError } from '../errors.ts';
import type { Host } from '../host.ts';
import type { KnownInstance } from '../instance/inventory.ts';
import { operate, type Operation, withInstance } from './operations.ts';
import { refuseContainer } from '../instance/refuse-container.ts';

/**
 * How often a guest is reminded that it is to switch off: one that is still booting misses the first time (as in Nova).
 */
const REMIND_AFTER_MS = 10_000;

interface Options {
  readonly signal?: AbortSignal | undefined;
}

export interface StopOptions extends Options {
  /** How long the guest may take to switch itself off. */
  readonly timeoutMs: number;
  /** Ends the guest at once, without asking it. */
  readonly force?: boolean | undefined;
}

/** What came of a start or stop; `unchanged` where there was nothing to do. */
export type PowerChange = 'started' | 'resumed' | 'stopped' | 'rebooted' | 'unchanged';

/**
 * Lets an instance run: plugs its VIFs, as a host that was booted since needs it, and launches its domain; a paused one
 * goes on. Throws what {@link operate} throws, and the errors of `@spawnkit/vif` and `@spawnkit/domain-runtime`.
 */
export async function startInstance(host: Host, instance: KnownInstance, { signal }: Options): Promise<PowerChange> {
  return operate(host, instance, { operation: 'start', signal }, async (operation) => {
    const domain = await operation.conn.domains.byUuid(instance.uuid, { signal });
    const { state } = await domain.state({ signal });
    if (state === 'PAUSED') await resumeDomain(domain, { signal });
    if (state !== 'SHUTOFF' && state !== 'CRASHED') return state === 'PAUSED' ? 'resumed' : 'unchanged';
    await launch(operation);
    return 'started';
  });
}

/**
 * Lets the guest switch itself off, and waits. Throws {@link SpawnerError} `WAIT_TIMEOUT` when it does not in time, and
 * what {@link withInstance} throws.
 */
export async function stopInstance(host: Host, instance: KnownInstance, options: StopOptions): Promise<PowerChange> {
  const { signal } = options;
  return withInstance(host, instance, { signal }, async () => {
    const conn = await host.connect({ uri: instance.uri, signal });
    return (await endGuest({ host, instance, conn, ...options })) ? 'stopped' : 'unchanged';
  });
}

/**
 * Stops an instance as {@link stopInstance} does, and starts it. One that was stopped is started. Throws what these
 * throw; the guest runs again then.
 */
export async function rebootInstance(host: Host, instance: KnownInstance, options: StopOptions): Promise<PowerChange> {
  const { signal } = options;
  return operate(host, instance, { operation: 'reboot', signal }, async (operation) => {
    const ran = await halt(operation, { ...options, orElse: 'fail' });
    await launch(operation);
    return ran ? 'rebooted' : 'started';
  });
}

export interface HaltOptions extends Omit<StopOptions, 'signal'> {
  /** What to do with a guest that does not switch itself off in time. */
  readonly orElse: 'fail' | 'destroy';
}

/** Stops the guest as a part of an operation, which starts it again if it fails. Answers whether it ran. */
export async function halt(operation: Operation, { orElse, ...options }: HaltOptions): Promise<boolean> {
  const { host, instance, conn, rollback, signal } = operation;
  const { uuid } = instance;
  const domain = await conn.domains.byUuid(uuid, { signal });
  const ran = await domain.isActive({ signal });
  if (!ran) return false;
  await act(rollback, 'stop', { uuid, ran }, async () => {
    try {
      await endGuest({ host, instance, conn, signal, ...options });
    } catch (error) {
      if (orElse === 'fail' || !(error instanceof SpawnerError && error.code === 'WAIT_TIMEOUT')) throw error;
      await destroyDomain(conn, uuid, { signal });
    }
  });
  return true;
}

/** Launches the guest as a part of an operation, and waits until it runs. */
export async function launch({ host, instance, conn, rollback, exec, signal }: Operation): Promise<void> {
  const { uuid, name, instancePath } = instance;
  host.onProgress({ type: 'step', step: 'launch', detail: name });
  refuseContainer(instance, { virtType: conn.uri.startsWith('lxc:') ? 'lxc' : 'qemu' });
  await using watch = await watchDomain(conn, uuid, { clock: host.clock, signal });
  await act(rollback, 'launch', { uuid }, () => bringUp({ host, conn, exec, uuid, instancePath, signal }));
  await watch.until('RUNNING', { timeoutMs: host.settings.startTimeoutS * 1000, signal });
}

interface EndGuest extends StopOptions {
  readonly host: Host;
  readonly instance: KnownInstance;
  readonly conn: Connection;
}

/** Answers whether the guest ran. */
async function endGuest({ host, instance, conn, timeoutMs, force = false, signal }: EndGuest): Promise<boolean> {
  const { uuid, name } = instance;
  const domain = await conn.domains.byUuid(uuid, { signal });
  if (!(await domain.isActive({ signal }))) return false;
  host.onProgress({ type: 'step', step: 'stop', detail: name });
  if (force) await destroyDomain(conn, uuid, { signal });
  else await switchOff({ host, domain, conn, name, timeoutMs, signal });
  return true;
}

interface SwitchOff extends Options {
  readonly host: Host;
  readonly domain: Domain;
  readonly conn: Connection;
  readonly name: string;
  readonly timeoutMs: number;
}

async function switchOff({ host, domain, conn, name, timeoutMs, signal }: SwitchOff): Promise<void> {
  const { clock } = host;
  await using watch = await watchDomain(conn, domain.uuid, { clock, signal });
  for (let leftMs = timeoutMs; leftMs > 0; leftMs -= REMIND_AFTER_MS) {
    await askToSwitchOff(domain, signal);
    const turn = watch.until('SHUTOFF', { timeoutMs: Math.min(leftMs, REMIND_AFTER_MS), signal });
    if (await withinTime(turn)) return;
  }
  throw new SpawnerError('WAIT_TIMEOUT', `The guest "${name}" did not switch itself off within ${timeoutMs / 1000} s`, {
    fix: '--timeout allows more time, --force ends it without asking. A guest without ACPI or that is paused never answers.',
    context: { name, timeoutMs },
  });
}

/** Not of interest: a guest that ended in this moment cannot be asked. */
async function askToSwitchOff(domain: Domain, signal: AbortSignal | undefined): Promise<void> {
  await domain.shutdown({ signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    if (!(error instanceof Error && error.name === 'OperationInvalidError')) throw error;
  });
}

async function withinTime(turn: Promise<unknown>): Promise<boolean> {
  try {
    await turn;
    return true;
  } catch (error) {
    if (error instanceof DomainRuntimeError && error.code === 'WAIT_TIMEOUT') return false;
    throw error;
  }
}
