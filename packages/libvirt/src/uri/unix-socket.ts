import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientHost } from './host.ts';
import { type ConnectionUri, choice, invalid, param } from './parse-uri.ts';

/** Where a daemon listens, and which daemon to start when nobody does. */
export interface UnixSocket {
  readonly path: string;
  /** Others that were looked for; for messages. */
  readonly missing: readonly string[];
  /** Programs that would listen there, in order of preference; empty where nothing is started by itself. */
  readonly daemons: readonly string[];
}

/** Drivers with a daemon of their own; the first ones are tried when nobody names a driver. */
const HYPERVISORS = ['qemu', 'xen', 'ch', 'vz', 'lxc', 'vbox', 'bhyve'];
const MODULAR = new Set([...HYPERVISORS, 'network', 'storage', 'nodedev', 'nwfilter', 'secret', 'interface']);

/**
 * The socket of the daemon that serves a URI (`undefined`: any), as libvirt's client finds it: `socket=`, else by
 * `mode=auto|legacy|direct` that of the driver's own daemon or of the one for everything. Users other than root have a session
 * daemon, which listens below their runtime directory and has no read-only socket. Throws `ProtocolError` `INVALID_URI`.
 */
export function unixSocket(
  uri: ConnectionUri | undefined,
  options: { readonly readonly: boolean },
  host: ClientHost,
): UnixSocket {
  const session = isSession(uri, host);
  const given = uri && param(uri, 'socket');
  const autostart = session && host.env['LIBVIRT_AUTOSTART'] !== '0';
  if (given) return { path: given, missing: [], daemons: autostart ? ['libvirtd'] : [] };
  const directory = session ? host.sessionDirectory : host.systemDirectory;
  const suffix = options.readonly && !session ? '-ro' : '';
  const candidates = daemonsFor(uri).map((daemon) => ({
    daemon,
    path: join(directory, `${daemon === 'libvirtd' ? 'libvirt' : daemon}-sock${suffix}`),
  }));
  const found = candidates.find(({ path }) => existsSync(path));
  const [first] = candidates;
  const path = found?.path ?? first?.path ?? '';
  return {
    path,
    missing: found ? [] : candidates.map((candidate) => candidate.path).filter((other) => other !== path),
    daemons: autostart ? (found ? [found.daemon] : candidates.map(({ daemon }) => daemon)) : [],
  };
}

/** Any URI with the path `/session`, the test driver's, or none at all; root always talks to the system's daemon. */
function isSession(uri: ConnectionUri | undefined, { euid }: ClientHost): boolean {
  return euid !== 0 && (!uri || uri.path === '/session' || uri.driver === 'test');
}

/** Daemons that may serve the URI, the preferred one first. */
function daemonsFor(uri: ConnectionUri | undefined): readonly string[] {
  const mode = (uri && choice(uri, 'mode', ['auto', 'legacy', 'direct'])) ?? 'auto';
  const drivers = !uri || uri.driver === 'remote' ? HYPERVISORS : [uri.driver].filter((driver) => MODULAR.has(driver));
  const modular = drivers.map((driver) => `virt${driver}d`);
  if (mode === 'auto') return [...modular, 'libvirtd'];
  if (mode === 'legacy') return ['libvirtd'];
  if (modular.length > 0) return modular;
  throw invalid(uri?.text ?? '', 'mode=direct needs a driver with a daemon of its own, such as qemu');
}
