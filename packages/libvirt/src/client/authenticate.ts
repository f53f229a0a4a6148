import { type AuthOptions, findCredentials } from '../auth/credentials.ts';
import { authenticateBySasl } from '../auth/sasl.ts';
import { AuthError, clientReport } from '../errors.ts';
import { AuthType, ErrorNumber } from '../generated/enums.gen.ts';
import { authList, authPolkit } from '../generated/procedures.gen.ts';
import type { ClientHost } from '../uri/host.ts';
import { type ConnectionUri, invalid, param } from '../uri/parse-uri.ts';
import type { RpcClient } from './rpc-client.ts';

export interface AuthenticateOptions {
  readonly auth?: AuthOptions | undefined;
  readonly uri?: ConnectionUri | undefined;
  readonly host: ClientHost;
  /** Whether the transport is one that nobody can read. */
  readonly secure: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What has to come first on every connection: on a socket that polkit guards, root is let in by asking for the list. Throws
 * `AuthError`: what polkit's agent or the SASL mechanism says, or `AUTH_UNAVAILABLE` where the two sides have no way in common.
 */
export async function authenticate(client: RpcClient, options: AuthenticateOptions): Promise<void> {
  const { auth = {}, uri, host, secure, signal } = options;
  const wanted = uri && wantedType(uri);
  const { types } = await client.call(authList, undefined, { signal });
  switch (choose(types, wanted?.type)) {
    case AuthType.NONE:
      return;
    case AuthType.POLKIT:
      await client.call(authPolkit, undefined, { signal });
      return;
    case AuthType.SASL:
      return authenticateBySasl(client, {
        wanted: wanted?.mechanism,
        mechanisms: auth.mechanisms,
        host: uri?.host ?? 'localhost',
        credentials: () => findCredentials(auth, uri, host),
        secure,
        signal,
      });
  }
}

type Known = (typeof AuthType)['NONE' | 'POLKIT' | 'SASL'];

const NAMES: Readonly<Record<number, string>> = {
  [AuthType.NONE]: 'none',
  [AuthType.SASL]: 'SASL',
  [AuthType.POLKIT]: 'polkit',
};

/** `auth=polkit`, `auth=sasl` or `auth=sasl.MECHANISM`. */
function wantedType(uri: ConnectionUri): { readonly type: Known; readonly mechanism?: string | undefined } | undefined {
  const given = param(uri, 'auth');
  if (!given) return undefined;
  if (given.toLowerCase() === 'polkit') return { type: AuthType.POLKIT };
  const [, mechanism] = /^sasl(?:\.(.+))?$/i.exec(given) ?? invalidAuth(uri, given);
  return { type: AuthType.SASL, mechanism };
}

function invalidAuth(uri: ConnectionUri, given: string): never {
  throw invalid(uri.text, `auth="${given}" is unknown; allowed are polkit, sasl and sasl.MECHANISM`);
}

/** The server's list has one entry in practice. */
function choose(types: readonly number[], wanted: Known | undefined): Known {
  const all = wanted === undefined ? [AuthType.NONE, AuthType.POLKIT, AuthType.SASL] : [wanted];
  const found = all.find((type) => types.includes(type));
  if (found !== undefined) return found;
  const demanded = types.map((type) => NAMES[type] ?? `the type ${type}`).join(', ');
  const able = all.map((type) => NAMES[type]).join(', ');
  const message = `The server demands authentication by ${demanded}; ${wanted === undefined ? 'this client can do' : 'the URI asks for'} ${able}`;
  throw new AuthError(message, clientReport(ErrorNumber.AUTH_UNAVAILABLE, message), authList.name);
}
