import type { OpenedClient } from './client/open-client.ts';
import type { CallOptions, RpcClient } from './client/rpc-client.ts';
import type { EventGap } from './events/event-gap.ts';
import { Events } from './events/events.ts';
import { ConnectGetDomainCapabilitiesFlags } from './generated/enums.gen.ts';
import {
  connectGetCapabilities,
  connectGetDomainCapabilities,
  connectGetHostname,
  connectGetVersion,
  nodeGetInfo,
} from './generated/procedures.gen.ts';
import type { Log } from './log.ts';
import { Domains } from './objects/domains.ts';
import { type FlagOptions, flagBits } from './objects/flags.ts';
import { Interfaces } from './objects/interfaces.ts';
import { Networks } from './objects/networks.ts';
import { NodeDevices } from './objects/node-devices.ts';
import { type NodeInfo, nodeInfo } from './objects/node-info.ts';
import { Nwfilters } from './objects/nwfilters.ts';
import { Qemu } from './objects/qemu.ts';
import { Secrets } from './objects/secrets.ts';
import { StoragePools } from './objects/storage-pools.ts';
import type { ProcedureName } from './procedure-name.ts';
import { type OpenSibling, siblings } from './streams/siblings.ts';
import { procedureReleases } from './generated/procedure-releases.gen.ts';

/** A release of libvirt: 9.0.0 is `{ major: 9, minor: 0, micro: 0 }`. */
export interface LibVersion {
  readonly major: number;
  readonly minor: number;
  readonly micro: number;
}

/** For which emulator to ask; the daemon fills in what is left out. */
export interface DomainCapabilitiesOptions extends FlagOptions<typeof ConnectGetDomainCapabilitiesFlags> {
  readonly arch?: string | undefined;
  readonly machine?: string | undefined;
  readonly virtType?: string | undefined;
  /** Path of the emulator's binary. */
  readonly emulator?: string | undefined;
}

/** How more connections like one are opened. */
export interface Again<Gap extends EventGap> {
  readonly fork: (options: CallOptions) => Promise<Connection<Gap>>;
  readonly sibling: OpenSibling;
}

/**
 * A connection to a libvirt daemon. Leaving its scope (`await using`) closes it: calls under way and open streams fail
 * with `ConnectionLostError` `CLOSED`, subscriptions to events end. Calls are pipelined and the daemon does not keep
 * their order: await what depends on another call. `Gap` is what subscriptions may have between events: nothing, unless the
 * connection is renewed when it is lost (`reconnect`).
 */
export class Connection<Gap extends EventGap = never> implements AsyncDisposable {
  /** What `connect` was given, else the default, else what the daemon chose. */
  readonly uri: string;
  readonly domains: Domains;
  readonly networks: Networks;
  readonly secrets: Secrets;
  readonly nwfilters: Nwfilters;
  readonly storagePools: StoragePools;
  readonly nodeDevices: NodeDevices;
  readonly interfaces: Interfaces;
  /** What only QEMU's driver has. */
  readonly qemu: Qemu;
  readonly events: Events<Gap>;
  /** Everything else: `call(conn, domainGetJobInfo, { dom: domain.ref })` of `@spawnkit/libvirt/rpc`. */
  readonly rpc: RpcClient;
  /** Resolves when the connection is over: with the reason, or undefined when it was closed here. Never rejects. */
  readonly closed: Promise<Error | undefined>;
  readonly #opened: OpenedClient;
  readonly #fork: Again<Gap>['fork'];

  /** Connections come from `connect`. */
  constructor(opened: OpenedClient, log: Log, { fork, sibling }: Again<Gap>) {
    const { client, uri } = opened;
    this.#opened = opened;
    this.#fork = fork;
    this.uri = uri;
    this.rpc = client;
    this.closed = client.closed;
    this.domains = new Domains(client);
    this.networks = new Networks(client);
    this.secrets = new Secrets(client);
    this.nwfilters = new Nwfilters(client);
    this.storagePools = new StoragePools(client, siblings(client, sibling));
    this.nodeDevices = new NodeDevices(client);
    this.interfaces = new Interfaces(client);
    this.qemu = new Qemu(client);
    this.events = new Events(client, log);
  }

  /** The daemon's release; another one may be there after the connection was renewed. */
  get libVersion(): LibVersion {
    return versionOf(this.#opened.libVersion);
  }

  /**
   * Another connection with the same URI and options, for work that should not share this one's queue. It lives on its own.
   * Throws what `connect` throws.
   */
  fork(options: CallOptions = {}): Promise<Connection<Gap>> {
    return this.#fork(options);
  }

  /** Whether the daemon's release knows a procedure. Its hypervisor driver may still not implement it. */
  supports(procedure: ProcedureName): boolean {
    return procedureReleases[procedure] <= this.#opened.libVersion;
  }

  /** The host's capabilities: XML. */
  async capabilities({ signal }: CallOptions = {}): Promise<string> {
    return (await this.rpc.call(connectGetCapabilities, undefined, { signal })).capabilities;
  }

  /** What guests of one emulator may have: XML. */
  async domainCapabilities(options: DomainCapabilitiesOptions = {}): Promise<string> {
    const { arch, machine, virtType, emulator, signal } = options;
    const flags = flagBits(ConnectGetDomainCapabilitiesFlags, options.flags);
    const args = { arch, machine, virttype: virtType, emulatorbin: emulator, flags };
    return (await this.rpc.call(connectGetDomainCapabilities, args, { signal })).capabilities;
  }

  async hostname({ signal }: CallOptions = {}): Promise<string> {
    return (await this.rpc.call(connectGetHostname, undefined, { signal })).hostname;
  }

  async nodeInfo({ signal }: CallOptions = {}): Promise<NodeInfo> {
    return nodeInfo(await this.rpc.call(nodeGetInfo, undefined, { signal }));
  }

  /** The hypervisor's release; undefined when it has none. */
  async hypervisorVersion({ signal }: CallOptions = {}): Promise<LibVersion | undefined> {
    const { hvVer } = await this.rpc.call(connectGetVersion, undefined, { signal });
    return hvVer === 0n ? undefined : versionOf(Number(hvVer));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.rpc[Symbol.asyncDispose]());
  }
}

function versionOf(release: number): LibVersion {
  const [major, minor, micro] = [release / 1_000_000, (release / 1000) % 1000, release % 1000].map(Math.trunc);
  return { major: major ?? 0, minor: minor ?? 0, micro: micro ?? 0 };
}
