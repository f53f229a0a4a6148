import { choice, type ConnectionUri, invalid, isSet, param } from './parse-uri.ts';
import { serverUri } from './server-uri.ts';

/** How to run ssh. */
export interface SshCommand {
  readonly file: string;
  readonly args: readonly string[];
}

/** Where a daemon listens on hosts of which nothing is known: also those without /run. */
const SOCKET = '/var/run/libvirt/libvirt-sock';
/** libssh's ways to authenticate, and what ssh calls them. */
const METHODS = new Map([
  ['agent', 'publickey'],
  ['privkey', 'publickey'],
  ['password', 'password'],
  ['keyboard-interactive', 'keyboard-interactive'],
]);
/** libssh's ways to check a host's key, and what ssh calls them. */
const HOST_KEY_CHECKS = { normal: 'yes', auto: 'accept-new', ignore: 'no' } as const;

/**
 * The system's ssh, with the user's own configuration and agent, and on the far side virt-ssh-helper or netcat, as
 * `proxy=`, `netcat=` and `socket=` say. libssh and libssh2 are taken for the same. Throws `ProtocolError` `INVALID_URI`.
 */
export function sshCommand(uri: ConnectionUri, { readonly }: { readonly readonly: boolean }): SshCommand {
  const { host = 'localhost', port, user } = uri;
  return {
    file: param(uri, 'command') || 'ssh',
    args: [
      '-T',
      '-e',
      'none',
      ...(port === undefined ? [] : ['-p', String(port)]),
      ...(user ? ['-l', user] : []),
      ...options(uri),
      '--',
      host,
      // ssh hands this to the far user's login shell, which need not be an sh, but reads quoted words like one.
      `sh -c ${quote(farScript(uri, readonly))}`,
    ],
  };
}

/** A word for sh, whatever is in it. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function options(uri: ConnectionUri): readonly string[] {
  const keyfile = param(uri, 'keyfile');
  const knownHosts = param(uri, 'known_hosts');
  return [
    ...(keyfile ? ['-i', keyfile] : []),
    ...(isSet(uri, 'no_tty') ? option('BatchMode', 'yes') : []),
    ...(isSet(uri, 'no_verify') ? option('StrictHostKeyChecking', 'no') : hostKeyCheck(uri)),
    ...(knownHosts ? option('UserKnownHostsFile', configWord(knownHosts)) : []),
    ...authentication(uri),
  ];
}

function hostKeyCheck(uri: ConnectionUri): readonly string[] {
  const check = choice(uri, 'known_hosts_verify', ['normal', 'auto', 'ignore']);
  return check === undefined ? [] : option('StrictHostKeyChecking', HOST_KEY_CHECKS[check]);
}

function authentication(uri: ConnectionUri): readonly string[] {
  const given = param(uri, 'sshauth')?.split(',').filter(Boolean) ?? [];
  if (given.length === 0) return [];
  const methods = new Set(given.map((method) => METHODS.get(method) ?? unknownMethod(uri, method)));
  const noAgent = given.includes('privkey') && !given.includes('agent');
  return [
    ...option('PreferredAuthentications', [...methods].join(',')),
    ...(noAgent ? option('IdentityAgent', 'none') : []),
  ];
}

function unknownMethod(uri: ConnectionUri, method: string): never {
  const allowed = [...METHODS.keys()].join(', ');
  throw invalid(uri.text, `sshauth has "${method}"; allowed are ${allowed}, separated by commas`);
}

function farScript(uri: ConnectionUri, readonly: boolean): string {
  const by = proxy(uri);
  if (by === 'native') return helper(uri, readonly);
  if (by === 'netcat') return netcat(uri, readonly);
  return `if command -v virt-ssh-helper >/dev/null 2>&1; then ${helper(uri, readonly)}; else ${netcat(uri, readonly)}; fi`;
}

function proxy(uri: ConnectionUri): 'auto' | 'native' | 'netcat' {
  const given = choice(uri, 'proxy', ['auto', 'native', 'netcat']) ?? 'auto';
  const netcatGiven = Boolean(param(uri, 'netcat'));
  // The far side's helper finds a socket by its driver; without one only the daemon for everything remains.
  const anyDriver = serverUri(uri) === '';
  if (given === 'native' && netcatGiven) throw invalid(uri.text, 'netcat= says nothing with proxy=native');
  if (given === 'native' && anyDriver) throw invalid(uri.text, 'proxy=native needs a driver, such as qemu');
  if (given !== 'auto') return given;
  if (netcatGiven || anyDriver || param(uri, 'socket')) return 'netcat';
  return isSession(uri) ? 'native' : 'auto';
}

/**
 * It looks for the socket on its side, modular daemons and the user's own included. `mode=` and `socket=` are passed on as
 * libvirt passes them; the helper of libvirt 9.0 pays no attention to them.
 */
function helper(uri: ConnectionUri, readonly: boolean): string {
  return `exec virt-ssh-helper ${readonly ? '-r ' : ''}${quote(serverUri(uri, ['mode', 'socket']))}`;
}

function netcat(uri: ConnectionUri, readonly: boolean): string {
  const socket = param(uri, 'socket');
  if (!socket && isSession(uri)) {
    throw invalid(uri.text, 'where a session’s socket lies on the far side is unknown: give socket=, or proxy=native');
  }
  const nc = quote(param(uri, 'netcat') || 'nc');
  const path = quote(socket || (readonly ? `${SOCKET}-ro` : SOCKET));
  // Some netcats end with their input only when told so, and others do not know the option.
  const probe = `if ${nc} -q 2>&1 | grep 'requires an argument' >/dev/null 2>&1; then q=-q0; else q=; fi`;
  return `${probe}; exec ${nc} $q -U ${path}`;
}

function isSession({ path }: ConnectionUri): boolean {
  return path === '/session';
}

/** A word for ssh's configuration, which expands percent signs. */
function configWord(text: string): string {
  return `"${text.replaceAll(/[\\"]/g, String.raw`\$&`).replaceAll('%', '%%')}"`;
}

function option(name: string, value: string): readonly string[] {
  return ['-o', `${name}=${value}`];
}
