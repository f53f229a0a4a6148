import { type ConnectionUri, param } from './parse-uri.ts';

/** Parameters that the client consumes; the server gets the others within its URI. */
const CLIENT_PARAMS = new Set([
  'name',
  'command',
  'socket',
  'auth',
  'sshauth',
  'netcat',
  'keyfile',
  'pkipath',
  'known_hosts',
  'known_hosts_verify',
  'tls_priority',
  'mode',
  'proxy',
  'no_sanity',
  'no_verify',
  'no_tty',
  'authfile',
]);

/**
 * What CONNECT_OPEN is told: no transport, no host, or `name=` as it is. Empty where the server is to choose by itself.
 * `kept` are parameters of the client that somebody between wants to see, too.
 */
export function serverUri(uri: ConnectionUri, kept: readonly string[] = []): string {
  const name = param(uri, 'name');
  if (name !== undefined) return name;
  if (uri.driver === 'remote') return '';
  const params = uri.params.filter(([name]) => !isConsumed(name.toLowerCase(), kept));
  const query = params.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
  return `${uri.driver}://${encodeURI(uri.path)}${query === '' ? '' : `?${query}`}`;
}

function isConsumed(name: string, kept: readonly string[]): boolean {
  return CLIENT_PARAMS.has(name) && !kept.includes(name);
}
