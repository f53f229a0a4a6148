import { AuthError, clientReport } from '../errors.ts';
import { AuthType, ErrorNumber } from '../generated/enums.gen.ts';
import { authList, authPolkit } from '../generated/procedures.gen.ts';
import type { CallOptions, RpcClient } from './rpc-client.ts';

/**
 * What has to come first on every connection: on a socket that polkit guards, root is let in by asking for the list. Throws
 * `AuthError`: what polkit's agent says, or `AUTH_UNAVAILABLE` for a server that demands more than this client can do.
 */
export async function authenticate(client: RpcClient, options: CallOptions): Promise<void> {
  const { types } = await client.call(authList, undefined, options);
  if (types.includes(AuthType.NONE)) return;
  if (types.includes(AuthType.POLKIT)) {
    await client.call(authPolkit, undefined, options);
    return;
  }
  const demanded = types.includes(AuthType.SASL) ? 'SASL' : `the type ${types.join(', ')}`;
  const message = `The server demands authentication by ${demanded}; this client can do none and polkit`;
  throw new AuthError(message, clientReport(ErrorNumber.AUTH_UNAVAILABLE, message), authList.name);
}
