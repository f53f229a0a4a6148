import { AuthError, clientReport } from '../errors.ts';
import { ErrorNumber } from '../generated/enums.gen.ts';
import type { ClientHost } from '../uri/host.ts';
import { type ConnectionUri, param } from '../uri/parse-uri.ts';
import { storedCredentials } from './auth-conf.ts';
import type { SaslCredentials, SaslMechanism } from './sasl-mechanism.ts';

/** A value, or where it comes from: asked for only when it is needed. */
export type CredentialSource = string | (() => string | Promise<string>);

/** How to authenticate where the server demands SASL. */
export interface AuthOptions {
  /** Default: `authname` of auth.conf, then the user of the URI. */
  readonly username?: CredentialSource | undefined;
  /** Default: `password` of auth.conf. */
  readonly password?: CredentialSource | undefined;
  /** Preferred to those of this client, which are SCRAM-SHA-512, SCRAM-SHA-256, SCRAM-SHA-1 and PLAIN. */
  readonly mechanisms?: readonly SaslMechanism[] | undefined;
}

/**
 * What the caller gave, else what an auth.conf says: that of LIBVIRT_AUTH_FILE, of `authfile=`, the user's, or the system's.
 * Throws `AuthError` `AUTH_UNAVAILABLE` where nothing does.
 */
export async function findCredentials(
  { username, password }: AuthOptions,
  uri: ConnectionUri | undefined,
  host: ClientHost,
): Promise<SaslCredentials> {
  const files = authFiles(uri, host);
  const name = uri?.host ?? 'localhost';
  const stored = username !== undefined && password !== undefined ? {} : await storedCredentials(files, name);
  const found = {
    username: (await valueOf(username)) ?? stored.authname ?? stored.username ?? uri?.user,
    password: (await valueOf(password)) ?? stored.password,
  };
  if (found.username === undefined || found.password === undefined) {
    throw missing(found.username === undefined ? 'user name' : 'password', name, files);
  }
  const authorizeAs = username === undefined && stored.authname !== undefined ? stored.username : undefined;
  return { username: found.username, password: found.password, authorizeAs };
}

function authFiles(uri: ConnectionUri | undefined, { env, authFiles: usual }: ClientHost): readonly string[] {
  const chosen = env['LIBVIRT_AUTH_FILE'] || (uri && param(uri, 'authfile'));
  return chosen ? [chosen] : usual;
}

async function valueOf(source: CredentialSource | undefined): Promise<string | undefined> {
  return typeof source === 'function' ? source() : source;
}

function missing(what: string, host: string, files: readonly string[]): AuthError {
  const message =
    `The server demands a ${what}, and there is none: give auth.username and auth.password to connect, ` +
    `or name credentials in the group [auth-libvirt-${host}] of ${files.join(' or ')}`;
  return new AuthError(message, clientReport(ErrorNumber.AUTH_UNAVAILABLE, message));
}
