import type { XdrCodec } from '../xdr/codec.ts';

/** One remote call, as data. */
export interface Procedure<Args, Ret> {
  readonly program: number;
  readonly version: number;
  readonly number: number;
  /** libvirt's name without `vir`: `domainCreateWithFlags`. */
  readonly name: string;
  /** The release whose remote driver knows it first, as `major * 1e6 + minor * 1e3 + micro`; 0 when that is unknown. */
  readonly since: number;
  readonly args: XdrCodec<Args>;
  readonly ret: XdrCodec<Ret>;
  /** It opens a stream under its own serial. */
  readonly stream?: StreamKind;
  /** Flags that libvirt's own client adds to `args.flags`, too: without them the server leaves string parameters out. */
  readonly addFlags?: number;
  /** File descriptors accompany the message, which sockets of Node cannot do. */
  readonly passesFds?: true;
}

/** What a procedure's stream carries, as the client sees it. */
export interface StreamKind {
  readonly direction: 'read' | 'write';
  /** A console or channel: marked `read`, carries bytes both ways. */
  readonly bidirectional?: true;
  /** The flag of the procedure that makes the server send and accept holes. */
  readonly sparseFlag?: number;
}

/** What an event is about; one registration procedure serves each of them. */
export type EventObject =
  | 'domain'
  | 'network'
  | 'storagePool'
  | 'nodeDevice'
  | 'secret'
  | 'qemuMonitor'
  /** The daemon's own upstream connection was lost. */
  | 'connection';

/** Who counts the callback ids: each driver its own, so an id means something only together with its space. */
export type EventIdSpace = 'domain' | 'network' | 'storagePool' | 'nodeDevice' | 'secret';

/** One event message of the server, as data. */
export interface EventMessage<Body> {
  readonly program: number;
  readonly number: number;
  /** Name of the message: `domainEventCallbackLifecycle`. */
  readonly name: string;
  readonly since: number;
  readonly object: EventObject;
  /** The number to register for (`virDomainEventID`, …); undefined where an object has one event only. */
  readonly id: number | undefined;
  /** Undefined for the close message, which carries no id. */
  readonly idSpace: EventIdSpace | undefined;
  /**
   * `flat`: `callbackID` is the first field of the body. `nested`: so it is, and the event stands in `msg`. `bare`: no
   * callback id (the close message, and the legacy messages that nobody should register for).
   */
  readonly body: 'flat' | 'nested' | 'bare';
  readonly codec: XdrCodec<Body>;
}
