/**
 * A libvirt client: the remote protocol over a socket, typed objects, events and streams.
 *
 * @packageDocumentation
 */
export type { KeepaliveOptions } from './client/keepalive.ts';
export type { CallOptions, RpcClient } from './client/rpc-client.ts';
export { type ConnectOptions, connect } from './connect.ts';
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
export type { Events } from './events/events.ts';
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
  ConsoleOptions,
  Domain,
  MetadataOptions,
  Screenshot,
  SetMetadataOptions,
  StartOptions,
} from './objects/domain.ts';
export type { BlockInfo, DomainInfo, MemoryStats } from './objects/domain-facts.ts';
export type { DomainRef } from './objects/domain-ref.ts';
export type { DomainStatus } from './objects/domain-state.ts';
export type { Domains } from './objects/domains.ts';
export type { FlagOptions, Flags } from './objects/flags.ts';
export type { DomainInterface, IpAddress } from './objects/interface-addresses.ts';
export type { NameOf, UnknownName } from './objects/names.ts';
export type { DhcpLease, DhcpLeasesOptions, Network } from './objects/network.ts';
export type { Networks } from './objects/networks.ts';
export type { NodeInfo } from './objects/node-info.ts';
export type { Nwfilter } from './objects/nwfilter.ts';
export type { Nwfilters } from './objects/nwfilters.ts';
export type { NamedRef, SecretRef } from './objects/refs.ts';
export type { Secret } from './objects/secret.ts';
export type { Secrets } from './objects/secrets.ts';
export type { StoragePool, StoragePoolInfo } from './objects/storage-pool.ts';
export type { StoragePools } from './objects/storage-pools.ts';
export type { DownloadOptions, StorageVolume, StorageVolumeInfo, TransferOptions } from './objects/storage-volume.ts';
export type { TypedParams } from './objects/typed-params.ts';
export type { ProcedureName } from './procedure-name.ts';
export { StreamOverflowError } from './streams/stream-overflow-error.ts';
