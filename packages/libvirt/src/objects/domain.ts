import type { Duplex } from 'node:stream';
import type { CallOptions, RpcClient } from '../client/rpc-client.ts';
import {
  DomainCreateFlags,
  DomainDestroyFlagsValues,
  DomainDeviceModifyFlags,
  DomainInterfaceAddressesSource,
  type DomainMetadataType,
  DomainRebootFlagValues,
  DomainShutdownFlagValues,
  DomainUndefineFlagsValues,
  DomainXMLFlags,
} from '../generated/enums.gen.ts';
import {
  domainAttachDeviceFlags,
  domainCreateWithFlags,
  domainDestroyFlags,
  domainDetachDeviceAlias,
  domainDetachDeviceFlags,
  domainGetAutostart,
  domainGetBlockInfo,
  domainGetInfo,
  domainGetState,
  domainGetXmlDesc,
  domainInterfaceAddresses,
  domainIsActive,
  domainIsPersistent,
  domainIsUpdated,
  domainMemoryStats,
  domainReboot,
  domainRename,
  domainReset,
  domainResume,
  domainSetAutostart,
  domainShutdownFlags,
  domainSuspend,
  domainUndefineFlags,
  domainUpdateDeviceFlags,
} from '../generated/procedures.gen.ts';
import { BlockJobs } from './block-jobs.ts';
import { DomainCheckpoints } from './checkpoints.ts';
import {
  type BlockInfo,
  blockInfo,
  type DomainInfo,
  domainInfo,
  type MemoryStats,
  memoryStats,
} from './domain-facts.ts';
import { DomainJob } from './domain-job.ts';
import { getMetadata, type MetadataOptions, type SetMetadataOptions, setMetadata } from './domain-metadata.ts';
import type { DeviceOptions, StartOptions } from './domain-options.ts';
import type { DomainHandle, DomainRef } from './domain-ref.ts';
import { type DomainStatus, domainStatus } from './domain-state.ts';
import {
  type ChannelOptions,
  type ConsoleOptions,
  openChannel,
  openConsole,
  type Screenshot,
  type ScreenshotOptions,
  takeScreenshot,
} from './domain-streams.ts';
import { type FlagOptions, flagBits } from './flags.ts';
import { GuestAgent } from './guest-agent.ts';
import { type DomainInterface, domainInterfaces } from './interface-addresses.ts';
import { ManagedSave } from './managed-save.ts';
import { DomainResources } from './resources.ts';
import { DomainSnapshots } from './snapshots.ts';
import { DomainTuning } from './tuning.ts';
import { uuidText } from './uuid.ts';

/**
 * A domain of a connection. It is only a name for it: nothing has to be freed, and it may outlive what it names, whose
 * calls then throw `NotFoundError`. Every method throws the daemon's `LibvirtError`, and what `RpcClient.call` throws.
 */
export class Domain implements DomainRef {
  readonly uuid: string;
  readonly #client: RpcClient;
  #ref: DomainHandle;

  /** Domains come from `conn.domains`. */
  constructor(client: RpcClient, ref: DomainHandle) {
    this.#client = client;
    this.#ref = ref;
    this.uuid = uuidText(ref.uuid);
  }

  get name(): string {
    return this.#ref.name;
  }

  /** Number of the running domain as this object last saw it; undefined when it did not run. */
  get id(): number | undefined {
    return this.#ref.id < 0 ? undefined : this.#ref.id;
  }

  /** The domain as an argument of the calls of `@spawnkit/libvirt/rpc`. */
  get ref(): DomainHandle {
    return this.#ref;
  }

  get agent(): GuestAgent {
    return new GuestAgent(this.#client, this.#ref);
  }

  get blockJobs(): BlockJobs {
    return new BlockJobs(this.#client, this.#ref);
  }

  get checkpoints(): DomainCheckpoints {
    return new DomainCheckpoints(this.#client, this.#ref);
  }

  get job(): DomainJob {
    return new DomainJob(this.#client, this.#ref);
  }

  get managedSave(): ManagedSave {
    return new ManagedSave(this.#client, this.#ref);
  }

  get resources(): DomainResources {
    return new DomainResources(this.#client, this.#ref);
  }

  get snapshots(): DomainSnapshots {
    return new DomainSnapshots(this.#client, this.#ref);
  }

  get tuning(): DomainTuning {
    return new DomainTuning(this.#client, this.#ref);
  }

  async state({ signal }: CallOptions = {}): Promise<DomainStatus> {
    const { state, reason } = await this.#client.call(domainGetState, { dom: this.#ref, flags: 0 }, { signal });
    return domainStatus(state, reason);
  }

  async info({ signal }: CallOptions = {}): Promise<DomainInfo> {
    return domainInfo(await this.#client.call(domainGetInfo, { dom: this.#ref }, { signal }));
  }

  async xml({ flags, signal }: FlagOptions<typeof DomainXMLFlags> = {}): Promise<string> {
    const args = { dom: this.#ref, flags: flagBits(DomainXMLFlags, flags) };
    return (await this.#client.call(domainGetXmlDesc, args, { signal })).xml;
  }

  /** Starts a defined domain. Throws `OPERATION_INVALID` when it runs already. */
  async start({ paused = false, flags, signal }: StartOptions = {}): Promise<void> {
    const bits = flagBits(DomainCreateFlags, flags) | (paused ? DomainCreateFlags.START_PAUSED : 0);
    const { dom } = await this.#client.call(domainCreateWithFlags, { dom: this.#ref, flags: bits }, { signal });
    this.#ref = dom;
  }

  async suspend({ signal }: CallOptions = {}): Promise<void> {
    await this.#client.call(domainSuspend, { dom: this.#ref }, { signal });
  }

  async resume({ signal }: CallOptions = {}): Promise<void> {
    await this.#client.call(domainResume, { dom: this.#ref }, { signal });
  }

  /** Asks the guest to switch itself off, and returns at once: wait for the lifecycle event `STOPPED`. */
  async shutdown({ flags, signal }: FlagOptions<typeof DomainShutdownFlagValues> = {}): Promise<void> {
    const args = { dom: this.#ref, flags: flagBits(DomainShutdownFlagValues, flags) };
    await this.#client.call(domainShutdownFlags, args, { signal });
  }

  /** Asks the guest to reboot, and returns at once. */
  async reboot({ flags, signal }: FlagOptions<typeof DomainRebootFlagValues> = {}): Promise<void> {
    const args = { dom: this.#ref, flags: flagBits(DomainRebootFlagValues, flags) };
    await this.#client.call(domainReboot, args, { signal });
  }

  /** Presses the reset button. */
  async reset({ signal }: CallOptions = {}): Promise<void> {
    await this.#client.call(domainReset, { dom: this.#ref, flags: 0 }, { signal });
  }

  /** Ends the domain at once; its definition stays if it has one. Throws `OPERATION_INVALID` when it does not run. */
  async destroy({ flags, signal }: FlagOptions<typeof DomainDestroyFlagsValues> = {}): Promise<void> {
    const args = { dom: this.#ref, flags: flagBits(DomainDestroyFlagsValues, flags) };
    await this.#client.call(domainDestroyFlags, args, { signal });
    this.#ref = { ...this.#ref, id: -1 };
  }

  /** Forgets the definition. A running domain runs on and is transient then. */
  async undefine({ flags, signal }: FlagOptions<typeof DomainUndefineFlagsValues> = {}): Promise<void> {
    const args = { dom: this.#ref, flags: flagBits(DomainUndefineFlagsValues, flags) };
    await this.#client.call(domainUndefineFlags, args, { signal });
  }

  async isActive({ signal }: CallOptions = {}): Promise<boolean> {
    return (await this.#client.call(domainIsActive, { dom: this.#ref }, { signal })).active !== 0;
  }

  async isPersistent({ signal }: CallOptions = {}): Promise<boolean> {
    return (await this.#client.call(domainIsPersistent, { dom: this.#ref }, { signal })).persistent !== 0;
  }

  /** Whether the definition was changed while the domain ran. */
  async isUpdated({ signal }: CallOptions = {}): Promise<boolean> {
    return (await this.#client.call(domainIsUpdated, { dom: this.#ref }, { signal })).updated !== 0;
  }

  /** Whether it starts with the daemon. */
  async autostart({ signal }: CallOptions = {}): Promise<boolean> {
    return (await this.#client.call(domainGetAutostart, { dom: this.#ref }, { signal })).autostart !== 0;
  }

  async setAutostart(autostart: boolean, { signal }: CallOptions = {}): Promise<void> {
    await this.#client.call(domainSetAutostart, { dom: this.#ref, autostart: autostart ? 1 : 0 }, { signal });
  }

  /** Gives a domain that does not run another name. */
  async rename(name: string, { signal }: CallOptions = {}): Promise<void> {
    await this.#client.call(domainRename, { dom: this.#ref, newName: name, flags: 0 }, { signal });
    this.#ref = { ...this.#ref, name };
  }

  /** Adds a device: to the running domain (`LIVE`), its definition (`CONFIG`), or whichever applies. */
  async attachDevice(xml: string, { flags, signal }: DeviceOptions = {}): Promise<void> {
    const args = { dom: this.#ref, xml, flags: flagBits(DomainDeviceModifyFlags, flags) };
    await this.#client.call(domainAttachDeviceFlags, args, { signal });
  }

  /** Asks for a device to be removed. The guest may take its time: wait for the event `deviceRemoved`. */
  async detachDevice(xml: string, { flags, signal }: DeviceOptions = {}): Promise<void> {
    const args = { dom: this.#ref, xml, flags: flagBits(DomainDeviceModifyFlags, flags) };
    await this.#client.call(domainDetachDeviceFlags, args, { signal });
  }

  /** As `detachDevice`, by the device's alias. */
  async detachDeviceByAlias(alias: string, { flags, signal }: DeviceOptions = {}): Promise<void> {
    const args = { dom: this.#ref, alias, flags: flagBits(DomainDeviceModifyFlags, flags) };
    await this.#client.call(domainDetachDeviceAlias, args, { signal });
  }

  /** Changes a device in place: another medium in a drive, another link state. */
  async updateDevice(xml: string, { flags, signal }: DeviceOptions = {}): Promise<void> {
    const args = { dom: this.#ref, xml, flags: flagBits(DomainDeviceModifyFlags, flags) };
    await this.#client.call(domainUpdateDeviceFlags, args, { signal });
  }

  /** Title, description or an application's element. Throws `NotFoundError` `NO_DOMAIN_METADATA`. */
  metadata(type: keyof typeof DomainMetadataType, options: MetadataOptions = {}): Promise<string> {
    return getMetadata(this.#client, this.#ref, type, options);
  }

  /** Sets what `metadata` reads; undefined removes it. */
  setMetadata(
    type: keyof typeof DomainMetadataType,
    metadata: string | undefined,
    options: SetMetadataOptions = {},
  ): Promise<void> {
    return setMetadata(this.#client, this.#ref, type, { ...options, metadata });
  }

  /**
   * Opens a serial console; the signal ends it, too. Throws `OPERATION_FAILED` when somebody has it open and `force` is
   * not set. Whoever loses it by force sees an error of the stream; the end of the domain is its end.
   */
  console(options: ConsoleOptions = {}): Promise<Duplex> {
    return openConsole(this.#client, this.#ref, options);
  }

  /** As `console`, for a channel, `<channel type='unix'>` or `'pty'`, named by its target's name or its alias. */
  channel(name: string, options: ChannelOptions = {}): Promise<Duplex> {
    return openChannel(this.#client, this.#ref, name, options);
  }

  /** Takes a picture; `screen` counts from 0. Throws `OPERATION_INVALID` or `INTERNAL_ERROR` when there is none. */
  screenshot(options: ScreenshotOptions = {}): Promise<Screenshot> {
    return takeScreenshot(this.#client, this.#ref, options);
  }

  /** Addresses of the guest's interfaces: from DHCP leases, the guest agent, or the host's neighbour table. */
  async interfaceAddresses(
    source: keyof typeof DomainInterfaceAddressesSource = 'LEASE',
    { signal }: CallOptions = {},
  ): Promise<DomainInterface[]> {
    const args = { dom: this.#ref, source: DomainInterfaceAddressesSource[source], flags: 0 };
    return domainInterfaces((await this.#client.call(domainInterfaceAddresses, args, { signal })).ifaces);
  }

  async memoryStats({ signal }: CallOptions = {}): Promise<MemoryStats> {
    const args = { dom: this.#ref, maxStats: 64, flags: 0 };
    return memoryStats((await this.#client.call(domainMemoryStats, args, { signal })).stats);
  }

  /** Sizes of a disk, named by its target (`vda`) or source. */
  async blockInfo(disk: string, { signal }: CallOptions = {}): Promise<BlockInfo> {
    const args = { dom: this.#ref, path: disk, flags: 0 };
    return blockInfo(await this.#client.call(domainGetBlockInfo, args, { signal }));
  }
}
