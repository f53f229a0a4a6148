import { DomainRuntimeError } from '@spawnkit/domain-runtime';
import { LibvirtError } from '@spawnkit/libvirt';
import { SpawnerError } from '../../src/errors.ts';
import { InjectedError } from './recorded-fault.ts';
import type { RecordedPhase, RecordedStep, SpawnCase, SpawnInput } from './recorded-spawn-case.ts';
import type { PhaseOutcome, SpawnOutcome } from './run-spawn-case.ts';

/**
 * What a recording asks of us. Three things are read into it, for all cases alike:
 * - A spawn that fails takes back what it did, so it is compared with what Nova's spawn leaves once its caller has called
 *   destroy, which it always does. The inverses are compared as a set, since ours run in the reverse order of the acts; only
 *   that a domain ends before anything else is taken from it is a matter of order. What never was made (a VIF that was not
 *   plugged yet) needs no inverse.
 * - No wait for events stays armed, where Nova's do after a timeout or a failure.
 * - Steps inside of Nova that have no counterpart (see `internal`) are left out.
 */
export interface Compared {
  readonly expected: unknown;
  readonly actual: unknown;
}

/** Steps of Nova alone: its database, its key manager, mediated devices, the polling, the frame of its XML step. */
const internal: readonly string[] = [
  'allocate_mdevs',
  'delete_vtpm_secret',
  'ensure_vtpm_secret',
  'get_guest_xml.begin',
  'get_guest_xml.end',
  'get_info',
  'instance.save',
  'register_image_defaults',
];

/** Steps that take something back. */
const inverse: readonly string[] = [
  'cleanup_lvm',
  'cleanup_rbd',
  'delete_instance_files',
  'domain.destroy',
  'domain.undefine',
  'domain.undefine_without_flags',
  'lxc.teardown_container',
  'vif.unplug',
  'volume.disconnect',
];

/** The recorded fields of a case, in one form for both sides. */
export function comparedSpawn({ input, expected }: SpawnCase, { spawn, destroy }: SpawnOutcome): Compared {
  const succeeds = expected.spawn.result === 'ok';
  const forward = forwardSteps(expected.spawn.steps, succeeds);
  const made = inversesOf(input, forward);
  const nothing = { state: null, defined: false };
  return {
    expected: {
      steps: forward,
      undone: succeeds ? [] : made,
      result: expected.spawn.result,
      error: succeeds ? undefined : recordedKind(expected.spawn.error),
      domain_after: succeeds ? expected.spawn.domain_after : nothing,
      events_still_registered: 0,
      ...left(input.created_instance_dir === false, succeeds),
      destroy: expected.destroy && succeeds ? { undone: made, error: undefined, domain_after: nothing } : undefined,
    },
    actual: {
      steps: forwardSteps(spawn.steps, succeeds),
      undone: undoneSteps(spawn),
      result: spawn.error === undefined ? 'ok' : 'error',
      error: spawn.error === undefined ? undefined : errorKind(spawn.error),
      domain_after: spawn.domainAfter,
      events_still_registered: spawn.waitsLeft,
      files_left: succeeds ? undefined : spawn.filesLeft,
      secrets_left: spawn.secretsLeft,
      destroy: destroy && { undone: undoneSteps(destroy), error: destroy.error, domain_after: destroy.domainAfter },
    },
  };
}

/** What Nova took back of a failed case, as a set: the rule above must agree with it where its destroy was recorded. */
export function undoneByNova({ input, expected }: SpawnCase): Compared | undefined {
  if (!expected.destroy || expected.spawn.result === 'ok') return undefined;
  const forward = forwardSteps(expected.spawn.steps, false);
  const made = inversesOf(input, forward).map((one) => JSON.stringify(one));
  const undone = [...expected.spawn.steps, ...expected.destroy.steps]
    .filter(isInverse)
    .map((one) => JSON.stringify(one));
  return { expected: made.toSorted(), actual: [...new Set(undone)].filter((one) => made.includes(one)).toSorted() };
}

/** How a step that failed is named: of an error that kept us from taking something back, the error before it. */
export function errorKind(error: unknown): string {
  if (error instanceof SpawnerError && error.code === 'RESIDUE') return errorKind(error.cause);
  if (error instanceof InjectedError) return error.kind;
  if (error instanceof LibvirtError) return 'libvirtError';
  if (error instanceof DomainRuntimeError) {
    if (['EVENT_TIMEOUT', 'EVENT_FAILED', 'EVENTS_CLOSED'].includes(error.code))
      return 'VirtualInterfaceCreateException';
    return error.context['state'] === 'ABSENT' ? 'InstanceNotFound' : error.code;
  }
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function recordedKind(error: RecordedPhase['error']): string {
  return error?.error === 'RuntimeError' ? `RuntimeError: ${error.message}` : (error?.error ?? 'none');
}

function left(wasThere: boolean, succeeds: boolean) {
  return { files_left: succeeds ? undefined : wasThere ? ['old'] : undefined, secrets_left: 0 };
}

function nameOf(step: RecordedStep): string {
  return typeof step === 'string' ? step : (Object.keys(step)[0] ?? '');
}

function isInverse(step: RecordedStep): boolean {
  return inverse.includes(nameOf(step));
}

/** What a spawn did, without its way back. Events that come once the guest runs, or again, are of no use to it. */
function forwardSteps(steps: readonly RecordedStep[], succeeds: boolean): readonly RecordedStep[] {
  const own = steps.filter((step) => !internal.includes(nameOf(step)) && !isInverse(step));
  const resumed = own.findIndex((step) => nameOf(step) === 'domain.resume');
  const isRepeated = (step: RecordedStep, index: number) =>
    own.slice(0, index).some((other) => wasTaken(other) && vifOf(other) === vifOf(step));
  const inTime = own.filter(
    (step, index) =>
      nameOf(step) !== 'external_event' || ((resumed < 0 || index <= resumed) && !isRepeated(step, index)),
  );
  // After a failure this is a part of the way back.
  return succeeds ? inTime : inTime.filter((step) => nameOf(step) !== 'secret.undefine');
}

function vifOf(step: RecordedStep): unknown {
  return typeof step === 'string' ? undefined : step['external_event']?.['vif'];
}

/** Whether it is an event that somebody waited for. */
function wasTaken(step: RecordedStep): boolean {
  return typeof step !== 'string' && step['external_event']?.['had_a_waiter'] === true;
}

/** The end of the domain first, where it ran; the rest in any order. */
function undoneSteps({ steps }: PhaseOutcome): readonly RecordedStep[] {
  const undone = steps.filter(isInverse).map((one) => JSON.stringify(one));
  const unique = [...new Set(undone)].filter((one) => one !== '"domain.undefine_without_flags"');
  const [first = '', ...others] = unique;
  const inOrder = first === '"domain.destroy"' ? [first, ...others.toSorted()] : unique.toSorted();
  return inOrder.map((one) => JSON.parse(one) as RecordedStep);
}

/** Everything that has to be taken back of what a case did. */
function inversesOf(input: SpawnInput, forward: readonly RecordedStep[]): readonly RecordedStep[] {
  const about = (name: string, key: string) =>
    forward
      .filter((step) => nameOf(step) === name)
      .map((step) => (typeof step === 'string' ? undefined : step[name]?.[key]));
  // A step that fails has done nothing here.
  const done = (name: string) => forward.some((step) => nameOf(step) === name) && input.faults?.[name] === undefined;
  const cleanup = diskCleanup(input);
  const undone: RecordedStep[] = [
    ...about('vif.plug', 'vif').map((vif) => ({ 'vif.unplug': { vif } })),
    ...about('volume.connect', 'volume').map((volume) => ({ 'volume.disconnect': { volume, force: true } })),
    ...(input.created_instance_dir === false ? [] : ['delete_instance_files']),
    ...(cleanup === undefined ? [] : [cleanup]),
    ...(done('domain.define') ? ['domain.undefine'] : []),
    ...(done('lxc.setup_container') ? ['lxc.teardown_container'] : []),
  ];
  const sorted = undone.map((one) => JSON.stringify(one)).toSorted();
  const ends = done('domain.create') ? ['"domain.destroy"'] : [];
  return [...ends, ...sorted].map((one) => JSON.parse(one) as RecordedStep);
}

/** Disks outside of the instance path are removed by themselves, if this spawn made them. */
function diskCleanup({ config = {}, created_disks = true }: SpawnInput): string | undefined {
  const type = config['libvirt.images_type'];
  return created_disks && (type === 'lvm' || type === 'rbd') ? `cleanup_${type}` : undefined;
}
