import { readFile } from 'node:fs/promises';
import type { ClientHost } from './host.ts';

/**
 * The URI that is meant: the given one, else LIBVIRT_DEFAULT_URI, else `uri_default` of libvirt.conf; a name among its
 * `uri_aliases` stands for the URI there. Undefined when the server is to choose.
 */
export async function givenUri(text: string | undefined, { env, configFile }: ClientHost): Promise<string | undefined> {
  const named = text || env['LIBVIRT_DEFAULT_URI'];
  if (named && !ALIAS.test(named)) return named;
  const config = withoutComments(await readFile(configFile, 'utf8').catch(() => ''));
  const given = named || defaultUri(config);
  return given === undefined ? undefined : (aliases(config).get(given) ?? given);
}

/** A URI has a colon. */
const ALIAS = /^[a-zA-Z0-9_-]+$/;
const STRING = /"([^"\n]*)"|'([^'\n]*)'/g;

function defaultUri(config: string): string | undefined {
  return /^\s*uri_default\s*=\s*(["'])(.+?)\1/m.exec(config)?.[2];
}

/** `uri_aliases = [ "hail=qemu+ssh://root@hail.example.com/system", … ]`; malformed entries mean nothing. */
function aliases(config: string): ReadonlyMap<string, string> {
  const list = /^\s*uri_aliases\s*=\s*\[((?:[^\]"']|"[^"\n]*"|'[^'\n]*')*)\]/m.exec(config)?.[1] ?? '';
  const found = new Map<string, string>();
  for (const [, double, single] of list.matchAll(STRING)) {
    const [, name, uri] = /^([a-zA-Z0-9_-]+)=(.+)$/.exec(double ?? single ?? '') ?? [];
    if (name !== undefined && uri !== undefined && !found.has(name)) found.set(name, uri);
  }
  return found;
}

/** A number sign begins a comment unless it stands in a string. */
function withoutComments(config: string): string {
  return config.replaceAll(/("[^"\n]*"|'[^'\n]*')|#.*/g, (_, string: string | undefined) => string ?? '');
}
