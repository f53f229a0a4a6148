import { EffectsError } from '@spawnkit/effects';
import { ImageBackendError } from '../errors.ts';
import { failure, noSpace } from '../failure.ts';
import type { LvmContext } from './lvm-options.ts';

export interface LvmRequest {
  /** Completes "Cannot …". */
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
}

type Client = Pick<LvmContext, 'exec'>;

/**
 * Runs one of LVM's programs. Throws `ImageBackendError` `NO_SPACE`, `DISK_BUSY`, `STORAGE_UNREACHABLE` for a volume
 * group that is not there, `TOOL_MISSING`, `TOOL_FAILED`, or the signal's reason.
 */
export async function lvm(
  { exec }: Client,
  program: string,
  args: readonly string[],
  { what, signal }: LvmRequest,
): Promise<string> {
  try {
    return (await exec(program, args, { signal })).stdout;
  } catch (cause) {
    throw lvmFailure(what, cause, signal);
  }
}

/** Rows of a report: one object per volume or group, all values text. */
export async function lvmReport(
  client: Client,
  program: 'lvs' | 'vgs',
  { group, fields, ...request }: LvmRequest & { readonly group: string; readonly fields: readonly string[] },
): Promise<readonly Readonly<Record<string, string>>[]> {
  const args = ['--reportformat', 'json', '--units', 'b', '--nosuffix', '-o', fields.join(','), group];
  const stdout = await lvm(client, program, args, request);
  const rows = rowsOf(stdout, program === 'lvs' ? 'lv' : 'vg');
  if (rows) return rows;
  throw new ImageBackendError(
    'TOOL_FAILED',
    `Cannot ${request.what}: what "${program}" answers cannot be understood. Check the package lvm2.`,
    { answer: stdout.slice(0, 200) },
  );
}

/** Undefined for what is no report. */
function rowsOf(text: string, kind: 'lv' | 'vg'): readonly Readonly<Record<string, string>>[] | undefined {
  try {
    const { report } = JSON.parse(text) as { report?: readonly Record<string, readonly Record<string, string>[]>[] };
    return report?.flatMap((part) => part[kind] ?? []);
  } catch {
    return undefined;
  }
}

/** What to throw for an error of a program that works on volumes. */
export function lvmFailure(what: string, cause: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  if (!(cause instanceof EffectsError) || cause.code !== 'EXEC_FAILED') return failure(what, cause, signal);
  const stderr = String(cause.context['stderr']);
  if (/insufficient (free|suitable)/i.test(stderr)) {
    return groupFull(what, cause.context, cause);
  }
  if (/ in use|is used by another|Device or resource busy/.test(stderr)) return busy(what, cause.context, cause);
  if (/Volume group ".*" not found/.test(stderr)) return groupMissing(what, cause.context, cause);
  return failure(what, cause, signal);
}

export function groupFull(what: string, context: Readonly<Record<string, unknown>>, cause?: unknown) {
  return noSpace(what, context, cause, 'the volume group is full. Remove disks, or extend it with vgextend,');
}

export function busy(what: string, context: Readonly<Record<string, unknown>>, cause?: unknown): ImageBackendError {
  return new ImageBackendError(
    'DISK_BUSY',
    `Cannot ${what}: a guest or another program has the volume open. Shut the guest down, or wait, and try again.`,
    context,
    { cause },
  );
}

function groupMissing(what: string, context: Readonly<Record<string, unknown>>, cause: unknown): ImageBackendError {
  return new ImageBackendError(
    'STORAGE_UNREACHABLE',
    `Cannot ${what}: the volume group is not there. Make it with vgcreate, or attach its disks.`,
    context,
    { cause },
  );
}
