import type { Secret } from '@spawnkit/effects';
import { ConfigDriveError } from './errors.ts';
import { checkInjectedFiles } from './metadata-limits.ts';
import type { InjectedFile, MetadataLimits } from './metadata-request.ts';

/** What can be put into a guest's file system, in the order in which it happens; Nova's names. */
export const injectionItems = ['key', 'net', 'metadata', 'admin_password', 'files'] as const;
export type InjectionItem = (typeof injectionItems)[number];

/** What goes into a guest's file system. An item that is missing or empty is left out. */
export interface InjectionContents {
  /** A public key, appended to root's `authorized_keys`. */
  readonly key?: string | undefined;
  /** The text of `/etc/network/interfaces`; see `injectedNetworkTemplate`. */
  readonly net?: string | undefined;
  /** Written to `/meta.js` as JSON. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Of root; its hash goes into `/etc/shadow`. */
  readonly adminPassword?: Secret | undefined;
  readonly files?: readonly InjectedFile[] | undefined;
  /** Items whose failure is an error; the failure of others is reported. Default: `files`. */
  readonly mandatory?: readonly InjectionItem[] | undefined;
}

const KiB = 1024;
/** Bytes that the single texts may have. */
const textLimits = { key: 64 * KiB, net: 1024 * KiB, metadata: 1024 * KiB, 'admin password': 512 } as const;

/** The items that have something to inject, in order. */
export function wantedItems(contents: InjectionContents): readonly InjectionItem[] {
  return injectionItems.filter((item) => hasSomething[item](contents));
}

/** Refuses contents beyond their limits and paths that leave the guest. Throws TOO_LARGE, INVALID_METADATA. */
export function checkInjection(
  contents: InjectionContents,
  limits?: Pick<MetadataLimits, 'injectedFiles' | 'injectedBytes'>,
): void {
  const { key = '', net = '', metadata = {}, adminPassword } = contents;
  const password = adminPassword?.reveal() ?? '';
  atMost('key', key);
  atMost('net', net);
  atMost('metadata', JSON.stringify(metadata));
  atMost('admin password', password);
  if (/[^\P{Cc}\n\r\t]/u.test(key)) throw unusable('key', 'it contains a control character');
  if (/\p{Cc}/u.test(password)) throw unusable('admin password', 'it contains a control character');
  checkInjectedFiles(contents.files ?? [], limits);
}

const hasSomething: Readonly<Record<InjectionItem, (contents: InjectionContents) => boolean>> = {
  key: ({ key }) => Boolean(key),
  net: ({ net }) => Boolean(net),
  metadata: ({ metadata = {} }) => Object.keys(metadata).length > 0,
  admin_password: ({ adminPassword }) => Boolean(adminPassword?.reveal()),
  files: ({ files = [] }) => files.length > 0,
};

function atMost(what: keyof typeof textLimits, text: string): void {
  const actual = Buffer.byteLength(text);
  const allowed = textLimits[what];
  if (actual <= allowed) return;
  throw new ConfigDriveError(
    'TOO_LARGE',
    `Cannot inject the ${what}: it has ${actual} bytes, at most ${allowed} are allowed. Shorten it.`,
    { what, actual, allowed },
  );
}

function unusable(what: string, fault: string): ConfigDriveError {
  return new ConfigDriveError(
    'INVALID_METADATA',
    `Cannot inject the ${what}: ${fault}. Give text that a line of a guest's file can hold.`,
    { what },
  );
}
