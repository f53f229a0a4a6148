import { DomainEventType, DomainState } from '@spawnkit/libvirt/enums';
import {
  type Answers,
  DaemonError,
  type FakeDaemon,
  type FakeDaemonOptions,
  fakeDaemon,
} from '@spawnkit/libvirt/testing';
import { modelFilters } from './model-filters.ts';
import { modelSecrets } from './model-secrets.ts';

/** A domain as a model daemon has it. */
export interface ModelDomain {
  readonly name: string;
  readonly uuid: Uint8Array;
  xml: string;
  defined: boolean;
  state: keyof typeof DomainState;
}

export interface ModelOptions {
  /** Called before a call is carried out; what it throws is the daemon's refusal, and as long as it waits, so does the caller. */
  readonly before?: FakeDaemonOptions['before'];
  /** Answers the state that is reported of a running domain instead of `RUNNING`. */
  readonly reportedState?: (() => keyof typeof DomainState) | undefined;
}

/** A libvirt daemon in memory with what a spawn asks of one: one domain at most, secrets, network filters, events. */
export interface ModelDaemon extends AsyncDisposable {
  readonly fake: FakeDaemon;
  /** The domain, while it is defined or runs. */
  readonly domain: ModelDomain | undefined;
  /** By UUID. */
  readonly secrets: ReadonlySet<string>;
  /** Network filters: name → document. */
  readonly filters: ReadonlyMap<string, string>;
  /** Tells everybody that something about the domain has changed. */
  announce(event: keyof typeof DomainEventType): void;
}

/** Starts a {@link ModelDaemon}. */
export async function modelDaemon({ before, reportedState }: ModelOptions = {}): Promise<ModelDaemon> {
  let domain: ModelDomain | undefined;
  const secrets = modelSecrets();
  const filters = modelFilters(() => domain?.xml);
  const live = (): ModelDomain => {
    if (domain) return domain;
    throw new DaemonError('NO_DOMAIN', 'Domain not found: no domain with matching uuid');
  };
  const handle = ({ name, uuid, state }: ModelDomain) => ({ name, uuid, id: isActive(state) ? 1 : -1 });
  const announce = (event: keyof typeof DomainEventType) => {
    if (domain) {
      const msg = { dom: handle(domain), event: DomainEventType[event], detail: 0 };
      fake.emit('domain', 'lifecycle', { msg });
    }
  };
  const become = (state: ModelDomain['state'], event: keyof typeof DomainEventType) => {
    live().state = state;
    announce(event);
  };

  const answers: Answers = {
    connectGetCapabilities: () => ({ capabilities: hostCapabilities }),
    connectGetVersion: () => ({ hvVer: 7_002_000n }),
    connectGetDomainCapabilities: () => ({ capabilities: domainCapabilities }),
    connectListAllDomains: () => ({ domains: domain ? [handle(domain)] : [], ret: domain ? 1 : 0 }),
    domainLookupByName: ({ name }) => {
      if (domain?.name === name) return { dom: handle(domain) };
      throw new DaemonError('NO_DOMAIN', `Domain not found: no domain with matching name '${name}'`);
    },
    networkLookupByName: ({ name }) => ({ net: { name, uuid: new Uint8Array(16).fill(3) } }),
    networkIsActive: () => ({ active: 1 }),
    domainLookupByUuid: () => ({ dom: handle(live()) }),
    domainDefineXmlFlags: ({ xml }) => {
      const [name, uuid] = [textOf(xml, 'name'), Buffer.from(textOf(xml, 'uuid').replaceAll('-', ''), 'hex')];
      domain = { name, uuid, xml, defined: true, state: 'SHUTOFF' };
      return { dom: handle(domain) };
    },
    domainGetXmlDesc: () => ({ xml: live().xml }),
    domainGetState: () => {
      const { state } = live();
      return { state: DomainState[state === 'RUNNING' && reportedState ? reportedState() : state], reason: 1 };
    },
    domainIsActive: () => ({ active: isActive(live().state) ? 1 : 0 }),
    domainCreateWithFlags: ({ flags }) => {
      become(flags & 1 ? 'PAUSED' : 'RUNNING', 'STARTED');
      return { dom: handle(live()) };
    },
    domainResume() {
      become('RUNNING', 'RESUMED');
      return undefined;
    },
    domainDestroyFlags: () => {
      if (!isActive(live().state)) throw new DaemonError('OPERATION_INVALID', 'domain is not running');
      become('SHUTOFF', 'STOPPED');
      if (!live().defined) domain = undefined;
      return undefined;
    },
    domainUndefineFlags: () => {
      announce('UNDEFINED');
      live().defined = false;
      if (!isActive(live().state)) domain = undefined;
      return undefined;
    },
    ...secrets.answers,
    ...filters.answers,
  };
  const fake = await fakeDaemon(answers, { before });
  return {
    fake,
    get domain() {
      return domain;
    },
    secrets: secrets.uuids,
    filters: filters.documents,
    announce,
    [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose](),
  };
}

function isActive(state: ModelDomain['state']): boolean {
  return state !== 'SHUTOFF';
}

/** The first element of that name that has text. */
function textOf(xml: string, element: string): string {
  return new RegExp(`<${element}>([^<]+)</${element}>`).exec(xml)?.[1] ?? '';
}

const emulator = '/usr/bin/qemu-system-x86_64';

const hostCapabilities = `<capabilities>
  <host><uuid>8f3c0e5e-2b7a-4c57-9d9c-3d1b5d8c1a11</uuid><cpu><arch>x86_64</arch></cpu></host>
  <guest>
    <os_type>hvm</os_type>
    <arch name='x86_64'>
      <wordsize>64</wordsize>
      <emulator>${emulator}</emulator>
      <machine maxCpus='255'>pc-i440fx-7.2</machine>
      <machine canonical='pc-i440fx-7.2' maxCpus='255'>pc</machine>
      <machine maxCpus='288'>pc-q35-7.2</machine>
      <machine canonical='pc-q35-7.2' maxCpus='288'>q35</machine>
      <domain type='qemu'/>
    </arch>
  </guest>
  <guest>
    <os_type>exe</os_type>
    <arch name='x86_64'>
      <wordsize>64</wordsize>
      <emulator>/usr/lib/libvirt/libvirt_lxc</emulator>
      <domain type='lxc'/>
    </arch>
  </guest>
</capabilities>`;

const domainCapabilities = `<domainCapabilities>
  <path>${emulator}</path>
  <domain>qemu</domain>
  <arch>x86_64</arch>
</domainCapabilities>`;
