import { EffectsError, type ExecOptions } from '@spawnkit/effects';
import { ImageBackendError } from '../errors.ts';
import { failure, noSpace } from '../failure.ts';
import type { RbdClient } from './rbd-options.ts';

export interface RbdRequest {
  /** Completes "Cannot …". */
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
  /** Exit codes that the caller answers itself; they are the numbers of errno: 2 not there, 17 there already. */
  readonly answers?: readonly number[];
}

export interface RbdAnswer {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export const ENOENT = 2;
export const EBUSY = 16;
export const EEXIST = 17;
export const ENOTEMPTY = 39;

/**
 * Runs `rbd`. Throws `ImageBackendError` `STORAGE_UNREACHABLE`, `NO_SPACE`, `DISK_BUSY`, `TOOL_MISSING`, `TOOL_FAILED`,
 * or the signal's reason.
 */
export async function rbd(client: RbdClient, args: readonly string[], request: RbdRequest): Promise<RbdAnswer> {
  const { what, signal, answers = [] } = request;
  const options: ExecOptions = { signal, okExitCodes: [0, ...answers] };
  try {
    const answer = await client.exec('rbd', [...args, ...rbdClientArguments(client)], options);
    // An unknown user or pool exits like a missing image.
    const unreachable = answer.exitCode === 0 ? undefined : unreachableReason(answer.stderr);
    if (unreachable !== undefined) throw storageUnreachable(what, unreachable, { args, exitCode: answer.exitCode });
    return answer;
  } catch (cause) {
    throw rbdFailure(what, cause, signal);
  }
}

/** The JSON of an answer; its shape is the program's promise. Throws `ImageBackendError` `TOOL_FAILED`. */
export function parseRbdAnswer({ stdout }: RbdAnswer, what: string): unknown {
  try {
    return JSON.parse(stdout) as unknown;
  } catch (cause) {
    const message = `Cannot ${what}: what "rbd" answers is no JSON. Check the rbd program.`;
    throw new ImageBackendError('TOOL_FAILED', message, { answer: stdout.slice(0, 200) }, { cause });
  }
}

/** What tells a program of Ceph which cluster and user are meant: no key is among it. */
export function cephArguments({ rbdUser, imagesRbdCephConf, rbdKeyring }: RbdClient): readonly string[] {
  return [
    ...(rbdUser === undefined ? [] : ['--id', rbdUser]),
    ...(imagesRbdCephConf === undefined ? [] : ['--conf', imagesRbdCephConf]),
    ...(rbdKeyring === undefined ? [] : ['--keyring', rbdKeyring]),
  ];
}

/** What to throw for an error of a program of Ceph. */
export function rbdFailure(what: string, cause: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  if (cause instanceof EffectsError && cause.code === 'EXEC_FAILED') {
    const { exitCode, stderr } = cause.context;
    const unreachable = unreachableReason(String(stderr));
    if (unreachable !== undefined) return storageUnreachable(what, unreachable, cause.context, cause);
    if (exitCode === 28 || exitCode === 122) return noSpace(what, cause.context, cause);
    if (exitCode === EBUSY) return busy(what, cause.context, cause);
  }
  return failure(what, cause, signal);
}

function rbdClientArguments(client: RbdClient): readonly string[] {
  const { rbdConnectTimeoutMs = 5_000, rbdOperationTimeoutMs = 60_000 } = client;
  const seconds = (ms: number) => String(Math.max(1, Math.ceil(ms / 1000)));
  return [
    ...cephArguments(client),
    '--client-mount-timeout',
    seconds(rbdConnectTimeoutMs),
    '--rados-osd-op-timeout',
    seconds(rbdOperationTimeoutMs),
  ];
}

function unreachableReason(stderr: string): string | undefined {
  const line = stderr
    .split('\n')
    .find((one) =>
      /couldn't connect|connecting to the cluster|error opening pool|error calling conf_read_file|[Tt]imed out/.test(
        one,
      ),
    );
  return line?.replace(/^.*rbd: /, '').trim();
}

function storageUnreachable(
  what: string,
  reason: string,
  context: Readonly<Record<string, unknown>>,
  cause?: unknown,
): ImageBackendError {
  return new ImageBackendError(
    'STORAGE_UNREACHABLE',
    `Cannot ${what}: Ceph says "${reason}". Check that the cluster is up, and the pool, the user, its keyring and the configuration file.`,
    context,
    { cause },
  );
}

function busy(what: string, context: Readonly<Record<string, unknown>>, cause: unknown): ImageBackendError {
  return new ImageBackendError(
    'DISK_BUSY',
    `Cannot ${what}: a guest or another program has the image open, or other images depend on it. End them, and try again.`,
    context,
    { cause },
  );
}
