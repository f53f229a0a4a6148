import { ProtocolError } from '../errors.ts';

/** A libvirt connection URI, taken apart: `driver[+transport]://[user@][host][:port]/path?params`. */
export interface ConnectionUri {
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
    driver: (parts['driver'] ?? '').toLowerCase(),
    transport: parts['transport']?.toLowerCase(),
    user: authority['user'] === undefined ? undefined : decode(text, authority['user']),
    host: authority['ipv6'] === undefined ? authority['host'] || undefined : decode(text, authority['ipv6']),
    port,
    path: decode(text, parts['path'] ?? ''),
    params: parseParams(text, parts['query'] ?? ''),
  };
}

/** The value of the last parameter of that name. */
export function param({ params }: ConnectionUri, name: string): string | undefined {
  return params.findLast(([given]) => given === name)?.[1];
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
