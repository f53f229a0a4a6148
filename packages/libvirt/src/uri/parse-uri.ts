import { ProtocolError } from '../errors.ts';

/** A libvirt connection URI, taken apart: `driver[+transport]://[user@][host][:port]/path?params`. */
export interface ConnectionUri {
  /** As it was given. */
  readonly text: string;
  /** `qemu`, `test`, `lxc`, …; `remote` leaves the choice to the server. */
  readonly driver: string;
  readonly transport: string | undefined;
  readonly user: string | undefined;
  /** Without the brackets of an IPv6 address. */
  readonly host: string | undefined;
  readonly port: number | undefined;
  /** With its leading slash: `/system`. */
  readonly path: string;
  /** In their order. Names may occur twice, as the server may read them so. */
  readonly params: readonly (readonly [name: string, value: string])[];
}

const FORM =
  /^(?<driver>[a-z][a-z0-9]*)(?:\+(?<transport>[a-z0-9]+))?:(?:\/\/(?<authority>[^/?#]*))?(?<path>\/[^?#]*)?(?:\?(?<query>[^#]*))?(?:#.*)?$/i;
const AUTHORITY =
  /^(?:(?<user>[^@]*)@)?(?:\[(?<ipv6>[0-9a-f:.]+(?:%[^\]]+)?)\]|(?<host>[^:@[\]]*))(?::(?<port>\d{1,5}))?$/i;
const CONTROL = /[\p{Cc}\s]/u;
const MAX_LENGTH = 4096;

/** Throws `ProtocolError` `INVALID_URI`. */
export function parseUri(text: string): ConnectionUri {
  const parts = text.length > MAX_LENGTH || CONTROL.test(text) ? undefined : FORM.exec(text)?.groups;
  const authority = parts && AUTHORITY.exec(parts['authority'] ?? '')?.groups;
  if (!parts || !authority) throw invalid(text, 'it does not look like driver[+transport]://[user@][host][:port]/path');
  const port = authority['port'] === undefined ? undefined : Number(authority['port']);
  if (port !== undefined && (port < 1 || port > 65_535)) throw invalid(text, `there is no port ${port}`);
  return {
    text,
    driver: (parts['driver'] ?? '').toLowerCase(),
    transport: parts['transport']?.toLowerCase(),
    user: authority['user'] === undefined ? undefined : decode(text, authority['user']),
    host: authority['ipv6'] === undefined ? authority['host'] || undefined : decode(text, authority['ipv6']),
    port,
    path: decode(text, parts['path'] ?? ''),
    params: parseParams(text, parts['query'] ?? ''),
  };
}

/** The value of the last parameter of that name, whose case does not matter. */
export function param({ params }: ConnectionUri, name: string): string | undefined {
  return params.findLast(([given]) => given.toLowerCase() === name)?.[1];
}

/** Whether a parameter is set to a number other than 0. Throws `ProtocolError` `INVALID_URI` for what is no number. */
export function isSet(uri: ConnectionUri, name: string): boolean {
  const value = param(uri, name) ?? '0';
  if (!/^-?\d+$/.test(value)) throw invalid(uri.text, `${name}="${value}" must be a number: 1 for yes, 0 for no`);
  return Number(value) !== 0;
}

/** The value of a parameter that has few of them; undefined when it is absent or empty. Throws `ProtocolError` `INVALID_URI`. */
export function choice<Value extends string>(
  uri: ConnectionUri,
  name: string,
  allowed: readonly Value[],
): Value | undefined {
  const value = param(uri, name);
  if (!value) return undefined;
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw invalid(uri.text, `${name}="${value}" is unknown; allowed are ${allowed.join(', ')}`);
  return found;
}

export function invalid(text: string, why: string): ProtocolError {
  const uri = shownUri(text);
  return new ProtocolError('INVALID_URI', `"${uri}" is no connection URI: ${why}. An example: qemu:///system`, { uri });
}

/** A URI for messages: short, and without a password that somebody may have put before the host. */
export function shownUri(text: string): string {
  return text.slice(0, 200).replace(/\/\/([^@:/?#]*):[^@/?#]*@/, '//$1:***@');
}

/** libvirt separates parameters by `&` or `;`, and takes `+` for itself. */
function parseParams(text: string, query: string): (readonly [string, string])[] {
  return query
    .split(/[&;]/)
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=');
      const [name, value] = at === -1 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
      return [decode(text, name), decode(text, value)] as const;
    });
}

function decode(text: string, part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid(text, `"${part}" has a malformed percent sign`);
  }
}
