import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { EffectsError, type Exec, type ExecResult } from '@spawnkit/effects';
import { ConfigDriveError } from './errors.ts';
import { applyScript, doneMark, lookScript, maxReadBytes, openedMark } from './guestfish-script.ts';
import type { GuestFiles, InjectionFailure } from './injection.ts';
import type { GuestFact, GuestFacts, GuestQuestions, InjectionStep } from './injection-plan.ts';

/** A guest's disk, which no running guest uses. */
export interface GuestDisk {
  /** File or block device. */
  readonly path: string;
  readonly format: 'raw' | 'qcow2';
  /** Nova's `inject_partition`: -1 lets libguestfs find the operating system, 0 is a disk without partitions, n a partition. */
  readonly partition: number;
}

export interface GuestfishOptions {
  readonly exec: Exec;
  readonly signal?: AbortSignal | undefined;
  /** For one run of guestfish; default 300,000. Two runs are usual, one more for each item that fails. */
  readonly timeoutMs?: number | undefined;
  /** Added to the environment of guestfish; `LIBGUESTFS_BACKEND` is `direct` unless it says otherwise. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /**
   * Where contents lie while they are copied, in a directory `.<name>.XXXXXX` of mode 0700, which only a killed process
   * leaves behind. Default: beside the disk; name another for a block device.
   */
  readonly stagingDirectory?: string | undefined;
}

/** The file system of a guest by guestfish(1): its own kernel mounts it in an appliance, this host never does. */
export function guestfishFiles(disk: GuestDisk, options: GuestfishOptions): GuestFiles {
  return {
    look: (questions) => inStaging(disk, options, (staging) => look(disk, options, staging, questions)),
    apply: (steps) => inStaging(disk, options, (staging) => apply(disk, options, staging, steps)),
  };
}

async function look(
  disk: GuestDisk,
  options: GuestfishOptions,
  staging: string,
  questions: GuestQuestions,
): Promise<GuestFacts> {
  const { stdout, stderr, exitCode } = await run(disk, options, staging, '--ro', lookScript(questions));
  const [mark, ...answers] = stdout.trimEnd().split('\n');
  if (exitCode !== 0 || mark !== openedMark) throw unreadable(disk, stderr);
  const facts = new Map<string, GuestFact>();
  for (const [index, path] of questions.exist.entries()) facts.set(path, { exists: answers[index] === 'true' });
  for (const [index, path] of questions.read.entries()) {
    const text = await textOf(join(staging, String(index)));
    facts.set(path, { exists: text !== undefined, text });
  }
  return facts;
}

async function apply(
  disk: GuestDisk,
  options: GuestfishOptions,
  staging: string,
  steps: readonly InjectionStep[],
): Promise<InjectionFailure | undefined> {
  const { script, uploads } = applyScript(steps);
  for (const { name, content } of uploads) await writeFile(join(staging, name), content, { mode: 0o600 });
  const { stdout, stderr, exitCode } = await run(disk, options, staging, '--rw', script);
  const marks = stdout.split('\n');
  if (!marks.includes(openedMark)) throw unreadable(disk, stderr);
  const failed = steps.find((_, index) => !marks.includes(doneMark(index)));
  if (failed) return { item: failed.item, error: notInjected(`the ${failed.item}`, disk, stderr) };
  if (exitCode !== 0) throw notInjected('what was asked for', disk, stderr);
  return undefined;
}

async function run(
  disk: GuestDisk,
  { exec, signal, timeoutMs = 300_000, environment }: GuestfishOptions,
  staging: string,
  access: '--ro' | '--rw',
  input: string,
): Promise<ExecResult> {
  const mount = disk.partition < 0 ? ['-i'] : ['-m', disk.partition === 0 ? '/dev/sda' : `/dev/sda${disk.partition}`];
  const args = [access, `--format=${disk.format}`, '-a', resolve(disk.path), ...mount];
  const env = { LIBGUESTFS_BACKEND: 'direct', ...environment };
  try {
    return await exec('guestfish', args, { input, signal, timeoutMs, env, cwd: staging, okExitCodes: [0, 1] });
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof EffectsError && cause.code === 'EXEC_NOT_FOUND') throw missing(cause);
    throw unreadable(disk, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    const bytes = await readFile(path);
    return bytes.length > maxReadBytes ? undefined : bytes.toString('latin1');
  } catch {
    return undefined;
  }
}

async function inStaging<T>(
  disk: GuestDisk,
  options: GuestfishOptions,
  act: (staging: string) => Promise<T>,
): Promise<T> {
  options.signal?.throwIfAborted();
  const path = resolve(disk.path);
  const staging = await mkdtemp(join(options.stagingDirectory ?? dirname(path), `.${basename(path)}.`));
  try {
    return await act(staging);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

function unreadable(disk: GuestDisk, reason: string, cause?: unknown): ConfigDriveError {
  const where = disk.partition < 0 ? 'the operating system' : `partition ${disk.partition}`;
  return new ConfigDriveError(
    'UNREADABLE_GUEST',
    `Cannot open ${where} of "${disk.path}" (${disk.format}) with guestfish: ${complaint(reason)}. Check the partition, and that "libguestfs-test-tool" succeeds.`,
    { ...disk, reason },
    cause === undefined ? {} : { cause },
  );
}

function notInjected(what: string, disk: GuestDisk, reason: string): ConfigDriveError {
  return new ConfigDriveError(
    'INJECTION_FAILED',
    `Cannot inject ${what} into "${disk.path}": ${complaint(reason)}. Use a config drive, or an image that can be written there.`,
    { ...disk, reason },
  );
}

/** The first complaint of libguestfs; what it says after that is what it tried to help. */
function complaint(text: string): string {
  const lines = text.trimEnd().split('\n');
  const found = lines.find((line) => line.includes('libguestfs: error: ')) ?? lines.at(-1);
  return found?.replace(/^.*libguestfs: error: /, '') || 'guestfish gave no reason';
}

function missing(cause: EffectsError): ConfigDriveError {
  return new ConfigDriveError(
    'TOOL_MISSING',
    'Cannot inject into a guest: "guestfish" was not found. Install libguestfs (on Debian: guestfish and supermin), or give the guest a config drive.',
    { tools: ['guestfish'] },
    { cause },
  );
}
