import { unsupported } from '../errors.ts';
import type { Procedure } from './procedure.ts';
import type { RpcClient } from './rpc-client.ts';

/**
 * The same client for a server of a known release (`major * 1e6 + minor * 1e3 + micro`): it throws `UnsupportedError` instead of
 * sending what the server does not know or a socket cannot carry, and adds the flags that libvirt's own client adds.
 */
export function checkedClient(client: RpcClient, libVersion: number): RpcClient {
  const check = <Args, Ret>(procedure: Procedure<Args, Ret>, args: Args): Args => {
    checkProcedure(procedure, libVersion);
    return withAddedFlags(procedure, args);
  };
  return {
    // Awaited, so that they stay in the stack of an error.
    call: async (procedure, args, options) => await client.call(procedure, check(procedure, args), options),
    openStream: async (procedure, args, options) => await client.openStream(procedure, check(procedure, args), options),
    onEvent: (listener) => client.onEvent(listener),
    closed: client.closed,
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

/** `9_000_000` → `9.0.0`. */
export function releaseText(version: number): string {
  return [version / 1_000_000, (version / 1000) % 1000, version % 1000].map(Math.trunc).join('.');
}

function checkProcedure(
  { name, since, passesFds }: Pick<Procedure<unknown, unknown>, 'name' | 'since' | 'passesFds'>,
  libVersion: number,
): void {
  if (passesFds) {
    throw unsupported(`${name} passes file descriptors, which the sockets of Node.js cannot do`, name);
  }
  if (since > libVersion) {
    const message = `${name} needs libvirt ${releaseText(since)} or later; this server has ${releaseText(libVersion)}`;
    throw unsupported(message, name);
  }
}

function withAddedFlags<Args, Ret>({ addFlags }: Procedure<Args, Ret>, args: Args): Args {
  if (addFlags === undefined || typeof args !== 'object' || args === null || !('flags' in args)) return args;
  return { ...args, flags: (Number(args.flags) | addFlags) >>> 0 };
}
