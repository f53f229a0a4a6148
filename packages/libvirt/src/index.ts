/**
 * A libvirt client: the remote protocol over a socket, typed objects, events and streams.
 *
 * @packageDocumentation
 */
export type { AuthOptions, CredentialSource } from './auth/credentials.ts';
export type { SaslContext, SaslCredentials, SaslExchange, SaslMechanism } from './auth/sasl-mechanism.ts';
export type { Backoff } from './client/backoff.ts';
export type { KeepaliveOptions } from './client/keepalive.ts';
export type { ReconnectOptions } from './client/reconnecting-client.ts';
export type { CallOptions, RpcClient } from './client/rpc-client.ts';
export { type ConnectOptions, connect, type ReconnectingOptions } from './connect.ts';
export {
  type Connection,
  type DomainCapabilitiesOptions,
  type LibVersion,
} from './connection.ts';
export {
  AccessDeniedError,
  AuthError,
  type ConnectionErrorCode,
  ConnectionLostError,
  type ErrorCodeName,
  LibvirtError,
  NotFoundError,
  OperationInvalidError,
  ProtocolError,
  type ProtocolErrorCode,
  TimeoutError,
  UnsupportedError,
} from './errors.ts';
export type { DomainEvents } from './events/domain-event-shapes.ts';
export type { EventKinds, EventOptions, QemuMonitorEventOptions } from './events/event-kinds.ts';
export type { EventQueueOptions } from './events/event-queue.ts';
export { type EventGap, isGap } from './events/event-gap.ts';
export type { Events, UpstreamClosedEvent } from './events/events.ts';
export { EventsLostError } from './events/events-lost-error.ts';
export type { DomainLifecycleEvent } from './events/lifecycle.ts';
export type {
  NetworkEvents,
  NodeDeviceEvents,
  QemuMonitorEvent,
  SecretEvents,
  StoragePoolEvents,
} from './events/object-event-shapes.ts';
export type { EventStream, SubscribeOptions } from './events/subscribe.ts';
export { DomainState } from './generated/enums.gen.ts';
export type { Log } from './log.ts';
export type {
  BlockJob,
  BlockJobs,
  CommitOptions,
  CopyOptions,
  PullOptions,
  RebaseOptions,
} from './objects/block-jobs.ts';
export type { DomainCheckpoint } from './objects/checkpoint.ts';
export type { DomainCheckpoints } from './objects/checkpoints.ts';
export type { Domain } from './objects/domain.ts';
export type { BlockInfo, DomainInfo, MemoryStats } from './objects/domain-facts.ts';
export type { DomainJob, DomainJobStats } from './objects/domain-job.ts';
export type { MetadataOptions, SetMetadataOptions } from './objects/domain-metadata.ts';
export type { StartOptions } from './objects/domain-options.ts';
export type { DomainRef } from './objects/domain-ref.ts';
export type { DomainStatus } from './objects/domain-state.ts';
export type { DomainStats, DomainStatsOptions } from './objects/domain-stats.ts';
export type { ChannelOptions, ConsoleOptions, Screenshot, ScreenshotOptions } from './objects/domain-streams.ts';
export type { Domains } from './objects/domains.ts';
export type { FlagOptions, Flags } from './objects/flags.ts';
export type {
  AgentCommandOptions,
  GuestAgent,
  GuestFilesystem,
  GuestInfoOptions,
  GuestTime,
} from './objects/guest-agent.ts';
export type { Interface } from './objects/interface.ts';
export type { DomainInterface, IpAddress } from './objects/interface-addresses.ts';
export type { Interfaces } from './objects/interfaces.ts';
export type { ManagedSave } from './objects/managed-save.ts';
export { namedUuid } from './objects/named-uuid.ts';
export type { NameOf, UnknownName } from './objects/names.ts';
export type {
  DhcpLease,
  DhcpLeasesOptions,
  Network,
  NetworkUpdate,
  SetNetworkMetadataOptions,
} from './objects/network.ts';
export type { Networks } from './objects/networks.ts';
export type { NodeDevice } from './objects/node-device.ts';
export type { NodeDevices } from './objects/node-devices.ts';
export type { NodeInfo } from './objects/node-info.ts';
export type { Nwfilter } from './objects/nwfilter.ts';
export type { Nwfilters } from './objects/nwfilters.ts';
export type { NamedRef, SecretRef } from './objects/refs.ts';
export type { Qemu } from './objects/qemu.ts';
export type { DomainResources, Vcpu } from './objects/resources.ts';
export type { Secret } from './objects/secret.ts';
export type { Secrets } from './objects/secrets.ts';
export type { DomainSnapshot } from './objects/snapshot.ts';
export type { DomainSnapshots } from './objects/snapshots.ts';
export type { StoragePool, StoragePoolInfo } from './objects/storage-pool.ts';
export type { StoragePools } from './objects/storage-pools.ts';
export type { StorageVolume, StorageVolumeInfo, WipeOptions } from './objects/storage-volume.ts';
export type { DomainTuning, TuningOptions } from './objects/tuning.ts';
export type { SettableParams, TypedParams } from './objects/typed-params.ts';
export type { ProcedureName } from './procedure-name.ts';
export type { Segment } from './streams/intake.ts';
export { StreamOverflowError } from './streams/stream-overflow-error.ts';
export type { DownloadOptions, TransferOptions } from './streams/transfer.ts';
