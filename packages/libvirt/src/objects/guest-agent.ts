import type { CallOptions, RpcClient } from '../client/rpc-client.ts';
import {
  DomainAgentResponseTimeoutValues,
  DomainGetHostnameFlags,
  DomainGuestInfoTypes,
  DomainSetTimeFlags,
  DomainSetUserPasswordFlags,
} from '../generated/enums.gen.ts';
import {
  domainAgentCommand,
  domainAgentSetResponseTimeout,
  domainFsfreeze,
  domainFsthaw,
  domainFstrim,
  domainGetFsinfo,
  domainGetGuestInfo,
  domainGetHostname,
  domainGetTime,
  domainSetTime,
  domainSetUserPassword,
} from '../generated/procedures.gen.ts';
import type { DomainHandle } from './domain-ref.ts';
import { type FlagOptions, flagBits } from './flags.ts';
import { returned } from './monitor-json.ts';
import { type TypedParams, typedParams } from './typed-params.ts';

/** A file system that is mounted in a guest. */
export interface GuestFilesystem {
  readonly mountpoint: string;
  readonly name: string;
  readonly type: string;
  /** Aliases of the domain's disks that it lies on. */
  readonly devices: readonly string[];
}

export interface GuestInfoOptions extends CallOptions {
  /** Which groups, `['OS', 'HOSTNAME']`; default all that the agent has. */
  readonly types?: FlagOptions<typeof DomainGuestInfoTypes>['flags'];
}

export interface AgentCommandOptions extends CallOptions {
  /** `BLOCK`: as long as it takes; `DEFAULT`: libvirt's 5 seconds; `NOWAIT`; or seconds. */
  readonly timeoutSeconds?: number | keyof typeof DomainAgentResponseTimeoutValues | undefined;
}

/** The guest's own sense of time. */
export interface GuestTime {
  /** Since 1970. */
  readonly seconds: bigint;
  readonly nanoseconds: number;
}

/**
 * What the agent in a guest does and knows. Throws `AGENT_UNRESPONSIVE` when it does not answer, `ARGUMENT_UNSUPPORTED`
 * (`UnsupportedError`) when the domain has no channel for one, and `OPERATION_INVALID` when it does not run.
 */
export class GuestAgent {
  readonly #client: RpcClient;
  readonly #dom: DomainHandle;

  /** It is `domain.agent`. */
  constructor(client: RpcClient, dom: DomainHandle) {
    this.#client = client;
    this.#dom = dom;
  }

  /** Facts about the guest: `os.name`, `hostname`, `fs.0.mountpoint`, … */
  async info({ types, signal }: GuestInfoOptions = {}): Promise<TypedParams> {
    const args = { dom: this.#dom, types: flagBits(DomainGuestInfoTypes, types), flags: 0 };
    return typedParams((await this.#client.call(domainGetGuestInfo, args, { signal })).params);
  }

  /** From the agent, or with `LEASE` from what the guest told its DHCP server. */
  async hostname({ flags = ['AGENT'], signal }: FlagOptions<typeof DomainGetHostnameFlags> = {}): Promise<string> {
    const args = { dom: this.#dom, flags: flagBits(DomainGetHostnameFlags, flags) };
    return (await this.#client.call(domainGetHostname, args, { signal })).hostname;
  }

  async filesystems({ signal }: CallOptions = {}): Promise<GuestFilesystem[]> {
    const { info } = await this.#client.call(domainGetFsinfo, { dom: this.#dom, flags: 0 }, { signal });
    return info.map(({ mountpoint, name, fstype, devAliases }) => ({
      mountpoint,
      name,
      type: fstype,
      devices: devAliases,
    }));
  }

  async time({ signal }: CallOptions = {}): Promise<GuestTime> {
    const { seconds, nseconds } = await this.#client.call(domainGetTime, { dom: this.#dom, flags: 0 }, { signal });
    return { seconds, nanoseconds: nseconds };
  }

  /** Sets the guest's clock; with `SYNC` from its hardware clock, whatever `time` is. */
  async setTime(time: GuestTime, { flags, signal }: FlagOptions<typeof DomainSetTimeFlags> = {}): Promise<void> {
    const bits = flagBits(DomainSetTimeFlags, flags);
    const args = { dom: this.#dom, seconds: time.seconds, nseconds: time.nanoseconds, flags: bits };
    await this.#client.call(domainSetTime, args, { signal });
  }

  /** Freezes file systems, all or those that are mounted there, and answers how many. `thaw` before the guest needs them. */
  async freeze(mountpoints: readonly string[] = [], { signal }: CallOptions = {}): Promise<number> {
    const args = { dom: this.#dom, mountpoints, flags: 0 };
    return (await this.#client.call(domainFsfreeze, args, { signal })).filesystems;
  }

  async thaw(mountpoints: readonly string[] = [], { signal }: CallOptions = {}): Promise<number> {
    const args = { dom: this.#dom, mountpoints, flags: 0 };
    return (await this.#client.call(domainFsthaw, args, { signal })).filesystems;
  }

  /** Gives unused blocks back, in pieces of at least `minimumBytes`. */
  async trim({ minimumBytes = 0n, signal }: CallOptions & { readonly minimumBytes?: bigint } = {}): Promise<void> {
    await this.#client.call(domainFstrim, { dom: this.#dom, minimum: minimumBytes, flags: 0 }, { signal });
  }

  async setUserPassword(
    user: string,
    password: string,
    { flags, signal }: FlagOptions<typeof DomainSetUserPasswordFlags> = {},
  ): Promise<void> {
    const args = { dom: this.#dom, user, password, flags: flagBits(DomainSetUserPasswordFlags, flags) };
    await this.#client.call(domainSetUserPassword, args, { signal });
  }

  /** How long the agent may take for everything of libvirt's own that needs it; `timeoutSeconds` as of {@link AgentCommandOptions}. */
  async setResponseTimeout(
    timeoutSeconds: number | keyof typeof DomainAgentResponseTimeoutValues,
    { signal }: CallOptions = {},
  ): Promise<void> {
    const args = { dom: this.#dom, timeout: seconds(timeoutSeconds), flags: 0 };
    await this.#client.call(domainAgentSetResponseTimeout, args, { signal });
  }

  /** Sends the agent of a QEMU guest any command, `{ execute: 'guest-info' }`, and answers what it returns. */
  async command(command: object, { timeoutSeconds = 'BLOCK', signal }: AgentCommandOptions = {}): Promise<unknown> {
    const args = { dom: this.#dom, cmd: JSON.stringify(command), timeout: seconds(timeoutSeconds), flags: 0 };
    const { result } = await this.#client.call(domainAgentCommand, args, { signal });
    return result === undefined ? undefined : returned(domainAgentCommand.name, result);
  }
}

function seconds(timeout: number | keyof typeof DomainAgentResponseTimeoutValues): number {
  return typeof timeout === 'number' ? timeout : DomainAgentResponseTimeoutValues[timeout];
}
