import type { ProcedureName } from '@spawnkit/libvirt';
import type { DomainState } from '@spawnkit/libvirt/enums';
import { DaemonError, type ReceivedCall } from '@spawnkit/libvirt/testing';
import { modelDaemon } from '../model/model-daemon.ts';
import type { Faults } from './recorded-fault.ts';
import type { DomainAfter, RecordedStep, SpawnInput } from './recorded-spawn-case.ts';

/** A model of the daemon that plays a case. */
export interface RecordedDaemon extends AsyncDisposable {
  readonly uri: string;
  readonly domainAfter: DomainAfter;
  readonly secretsLeft: number;
}

interface DaemonOfCase {
  readonly input: SpawnInput;
  readonly faults: Faults;
  readonly step: (step: RecordedStep) => void;
}

/** Writes down the calls that the recording has, and fails those that the case lets fail. */
export async function recordedDaemon({ input, faults, step }: DaemonOfCase): Promise<RecordedDaemon> {
  const states = [...(input.power_states ?? [])];
  const refuse = (name: string) => {
    if (faults.of(name) !== undefined) throw new DaemonError('INTERNAL_ERROR', 'boom');
  };
  const inTable = (name: string, recorded: RecordedStep = name) => {
    step(recorded);
    refuse(name);
  };
  /** What a call is in the recording; other calls are not in it. */
  const calls: Readonly<Partial<Record<ProcedureName, (flags: number) => void>>> = {
    domainDefineXmlFlags: () => inTable('domain.define'),
    domainCreateWithFlags: (flags) => inTable('domain.create', { 'domain.create': { start_paused: flags % 2 === 1 } }),
    domainResume: () => inTable('domain.resume'),
    domainDestroyFlags: () => {
      // What does not run is asked for its end all the same, which does nothing.
      if (model.domain?.state !== 'SHUTOFF') step('domain.destroy');
    },
    domainUndefineFlags: (flags) => {
      step(flags === 0 ? 'domain.undefine_without_flags' : 'domain.undefine');
      // The recording lets the call with flags fail, and the one without succeed: a daemon that does not know them.
      if (flags !== 0 && faults.of('domain.undefine') !== undefined)
        throw new DaemonError('INVALID_ARG', 'unsupported flags in function virDomainUndefineFlags');
    },
    domainGetState: () => {
      if (model.domain?.state === 'RUNNING' && faults.of('get_info') !== undefined)
        throw new DaemonError('NO_DOMAIN', 'Domain not found');
    },
    secretDefineXml: () => step({ 'secret.create': { kind: 'vtpm' } }),
    secretUndefine: () => step({ 'secret.undefine': { kind: 'vtpm' } }),
  };
  const before = ({ name, args }: ReceivedCall) =>
    calls[name]?.((args as { readonly flags?: number } | undefined)?.flags ?? 0);

  /** The last one stays. A guest that is on its way down, and comes back, has not stopped. */
  const reportedState = (): keyof typeof DomainState => {
    const [state = 'running', ...later] = states;
    if (later.length === 0) return finalStates[state] ?? 'NOSTATE';
    states.shift();
    // The next one is there when this answer has been read.
    setTimeout(() => model.announce('RESUMED'), 5);
    return state === 'shutdown' ? 'SHUTDOWN' : (finalStates[state] ?? 'NOSTATE');
  };
  const model = await modelDaemon({ before, reportedState });
  return {
    uri: model.fake.uri,
    get domainAfter() {
      const { domain } = model;
      return { state: domain ? (namesOfStates[domain.state] ?? null) : null, defined: domain?.defined ?? false };
    },
    get secretsLeft() {
      return model.secrets.size;
    },
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}

const finalStates: Readonly<Record<string, keyof typeof DomainState>> = {
  running: 'RUNNING',
  paused: 'PAUSED',
  shutdown: 'SHUTOFF',
  crashed: 'CRASHED',
  'from-domain': 'RUNNING',
};

const namesOfStates: Readonly<Record<string, string>> = { RUNNING: 'running', PAUSED: 'paused', SHUTOFF: 'shutoff' };
