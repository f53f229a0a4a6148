import { ImageBackendError } from '../errors.ts';
import type { RbdMonitor } from '../disk-source.ts';
import { cephArguments, rbdFailure } from './rbd-command.ts';
import { checkRbdClient, type RbdClient, type RbdCluster } from './rbd-options.ts';

const WHAT = 'read the monitors of the Ceph cluster';

/**
 * What a cluster says of itself: its id, and where guests find its monitors. To be asked once: the `ceph` program takes
 * a fifth of a second. Throws `ImageBackendError` `INVALID_REQUEST`, `STORAGE_UNREACHABLE`, `TOOL_MISSING`,
 * `TOOL_FAILED`, or the signal's reason.
 */
export async function readRbdCluster(
  client: RbdClient,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<RbdCluster> {
  checkRbdClient(client);
  const seconds = Math.max(1, Math.ceil((client.rbdConnectTimeoutMs ?? 5_000) / 1000));
  const args = ['mon', 'dump', '--format', 'json', '--connect-timeout', String(seconds)];
  try {
    const { stdout } = await client.exec('ceph', [...args, ...cephArguments(client)], { signal });
    return parseMonitorMap(stdout);
  } catch (cause) {
    throw rbdFailure(WHAT, cause, signal);
  }
}

/** The answer of `ceph mon dump --format json`. Throws `ImageBackendError` `TOOL_FAILED`. */
export function parseMonitorMap(text: string): RbdCluster {
  const { fsid, mons } = parse(text);
  const addresses = Array.isArray(mons) ? mons.flatMap(addressesOf) : [];
  if (typeof fsid !== 'string' || fsid === '' || addresses.length === 0) throw unreadable(text);
  return { fsid, monitors: addresses };
}

/** Of each monitor the address of the old protocol, which every QEMU speaks, else the new one's. */
function addressesOf(monitor: unknown): readonly RbdMonitor[] {
  const { addr, public_addrs: all } = (monitor ?? {}) as { addr?: unknown; public_addrs?: { addrvec?: unknown } };
  const vector = Array.isArray(all?.addrvec) ? (all.addrvec as readonly { type?: unknown; addr?: unknown }[]) : [];
  const chosen = vector.find(({ type }) => type === 'v1') ?? vector[0] ?? { addr };
  const parts = /^\[?([0-9A-Fa-f.:]+?)\]?:(\d{1,5})(?:\/\d+)?$/.exec(String(chosen.addr));
  return parts?.[1] === undefined ? [] : [{ name: parts[1], port: Number(parts[2]) }];
}

function parse(text: string): { readonly fsid?: unknown; readonly mons?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Said below.
  }
  throw unreadable(text);
}

function unreadable(text: string): ImageBackendError {
  return new ImageBackendError(
    'TOOL_FAILED',
    `Cannot ${WHAT}: the answer of "ceph mon dump" has no monitors that can be understood. Check the ceph program.`,
    { answer: text.slice(0, 200) },
  );
}
