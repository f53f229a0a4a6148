/**
 * Every remote call of libvirt as data, and one function that makes them.
 *
 * @packageDocumentation
 */
import type { Procedure } from './client/procedure.ts';
import type { CallOptions, PacketStream, RpcClient } from './client/rpc-client.ts';

// One name for each of the 407 calls and their bodies: naming them here again would only say the same twice.
export * from './generated/procedures.gen.ts';
export type * from './generated/types.gen.ts';
export type { ParameterTypes } from './generated/parameters.gen.ts';
export { parameterNames } from './generated/parameters.gen.ts';
export type { Procedure, StreamKind } from './client/procedure.ts';
export type { CallOptions, PacketStream, RpcClient, StreamPacket } from './client/rpc-client.ts';
export type { XdrCodec } from './xdr/codec.ts';

/** A connection, or its client. */
export type CallTarget = RpcClient | { readonly rpc: RpcClient };

/** Makes one call. `undefined` stands for the arguments of a call that has none. Throws what {@link RpcClient.call} throws. */
export async function call<Args, Ret>(
  target: CallTarget,
  procedure: Procedure<Args, Ret>,
  args: Args,
  options?: CallOptions,
): Promise<Ret> {
  return await clientOf(target).call(procedure, args, options);
}

/** Makes a call that opens a stream. Throws what {@link RpcClient.call} throws. */
export async function openStream<Args, Ret>(
  target: CallTarget,
  procedure: Procedure<Args, Ret>,
  args: Args,
  options?: CallOptions,
): Promise<{ readonly ret: Ret; readonly stream: PacketStream }> {
  return await clientOf(target).openStream(procedure, args, options);
}

function clientOf(target: CallTarget): RpcClient {
  return 'rpc' in target ? target.rpc : target;
}
