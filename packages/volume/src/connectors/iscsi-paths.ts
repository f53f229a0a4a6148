import type { Secret } from '@spawnkit/effects';
import { type ConnectionData, invalid, optionalCount, optionalText, secretOf, textList } from '../connection-data.ts';

/** One way to a unit of a target. */
export interface IscsiPath {
  /** `10.0.0.5:3260`, `[fe80::1]:3260`. */
  readonly portal: string;
  readonly iqn: string;
  readonly unit: number;
  readonly auth?: { readonly method: string; readonly username: string; readonly password: Secret | undefined };
}

/** All ways that a connection info has, the preferred one first. Throws `INVALID_CONNECTION_INFO`. */
export function iscsiPaths(data: ConnectionData): readonly IscsiPath[] {
  const portals = oneOrMany(data, 'target_portal');
  const iqns = oneOrMany(data, 'target_iqn');
  const units = unitsOf(data);
  const auth = authOf(data);
  return portals.map((portal, index) => {
    const iqn = iqns[index] ?? iqns[0] ?? '';
    const unit = units[index] ?? units[0] ?? 0;
    return { portal: checkPortal(portal), iqn: checkIqn(iqn), unit, ...(auth && { auth }) };
  });
}

/** The list, if there is one, has the single value in it. */
function oneOrMany(data: ConnectionData, field: string): readonly string[] {
  const many = textList(data, `${field}s`);
  const list = many.length > 0 ? many : textList(data, field);
  if (list.length > 0) return list;
  throw invalid(field, data[field], 'a text that is not empty');
}

function unitsOf(data: ConnectionData): readonly number[] {
  const many = data['target_luns'];
  const list: readonly unknown[] = Array.isArray(many) && many.length > 0 ? many : [data['target_lun']];
  const read: ConnectionData = Object.fromEntries(list.entries());
  return list.map((_, index) => optionalCount(read, String(index), 65_535) ?? 0);
}

function authOf(data: ConnectionData): IscsiPath['auth'] {
  const method = optionalText(data, 'auth_method');
  const username = optionalText(data, 'auth_username');
  if (method === undefined || username === undefined) return undefined;
  const password = secretOf(data, 'auth_password');
  if (/\p{Cc}/u.test(password?.reveal() ?? ''))
    throw invalid('auth_password', password, 'a text without control characters');
  return { method, username, password };
}

function checkPortal(portal: string): string {
  if (/^(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+(?:%\w+)?\]):\d{1,5}$/.test(portal) && !portal.startsWith('-')) return portal;
  throw invalid('target_portal', portal, 'an address and port such as 10.0.0.5:3260');
}

/** It becomes part of paths. */
function checkIqn(iqn: string): string {
  if (/^(?:iqn\.|eui\.|naa\.)[A-Za-z0-9.:_-]{1,220}$/.test(iqn)) return iqn;
  throw invalid('target_iqn', iqn, 'a name such as iqn.2010-10.org.openstack:volume-1');
}
