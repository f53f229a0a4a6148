import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EffectsError, type Exec, hostExec } from '@spawnkit/effects';
import { buildConfigDrive, ConfigDriveError, type DriveFormat, inspectConfigDrive } from '../src/index.ts';

/** One case of `drive.json`. */
export interface DriveCase {
  readonly id: string;
  readonly input: {
    readonly format: DriveFormat;
    readonly config: { readonly mkisofs_cmd?: string };
    readonly files: readonly { readonly path: string; readonly content?: string; readonly size?: number }[];
    readonly faults: Readonly<Record<string, number | string>>;
    readonly target_preexists_with_bytes?: number;
  };
  readonly expected: {
    readonly result: 'ok' | 'error';
    readonly trace: readonly { readonly execute: readonly string[] }[];
    readonly target_exists: boolean;
    readonly iso?: { readonly 'Volume id': string; readonly 'Publisher id': string; readonly joliet_listing: string[] };
    readonly vfat?: { readonly size: number; readonly fs_type: string; readonly volume_label: string };
  };
}

/** What building the drive of a case did. */
export interface DriveOutcome {
  /** `ok` or the error's code. */
  readonly result: string;
  /** Commands, staged names under the recording's placeholders. */
  readonly commands: readonly (readonly string[])[];
  /** Names in the instance directory afterwards. */
  readonly left: readonly string[];
  readonly drive?: {
    readonly mode: string;
    readonly bytes: number;
    readonly label: string;
    readonly publisher: string | undefined;
    readonly files: Readonly<Record<string, string>>;
    readonly fat?: { readonly type: string; readonly fsckClean: boolean };
  };
}

/** Builds the drive of a recorded case with the real tools and reads it back. */
export async function buildRecordedDrive(one: DriveCase): Promise<DriveOutcome> {
  const directory = await mkdtemp(join(tmpdir(), 'spawnkit-drive-'));
  try {
    return await buildIn(directory, one);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** The files of a case with the content that its drive must show: the last of equal paths. */
export function recordedFiles({ input }: DriveCase): Readonly<Record<string, string>> {
  return Object.fromEntries(input.files.map((file) => [file.path, contentOf(file)]));
}

async function buildIn(directory: string, { input, expected }: DriveCase): Promise<DriveOutcome> {
  const path = join(directory, 'disk.config');
  if (input.target_preexists_with_bytes) await writeFile(path, Buffer.alloc(input.target_preexists_with_bytes));
  const commands: (readonly string[])[] = [];
  const command = input.config.mkisofs_cmd;
  const result = await outcomeOf(() =>
    buildConfigDrive({
      files: input.files.map((file) => ({ path: file.path, content: Buffer.from(contentOf(file)) })),
      path,
      format: input.format,
      publisher: publisherOf(expected.trace),
      isoTools: command === undefined ? undefined : [command],
      exec: faultyExec(input.faults, commands),
    }),
  );
  const left = await readdir(directory);
  return { result, commands, left, ...(result === 'ok' ? { drive: await driveFacts(path) } : {}) };
}

async function driveFacts(path: string) {
  const { mode, size } = await stat(path);
  const { format, label, publisher, files } = await inspectConfigDrive(path);
  return {
    mode: `0o${(mode & 0o777).toString(8)}`,
    bytes: size,
    label,
    publisher,
    files: Object.fromEntries(files.map((file) => [file.path, Buffer.from(file.content).toString('utf8')])),
    ...(format === 'vfat' ? { fat: await fatFacts(path) } : {}),
  };
}

async function fatFacts(path: string) {
  const type = (await readFile(path)).toString('latin1', 54, 62).trimEnd();
  const { exitCode } = await hostExec()('fsck.vfat', ['-n', path], { okExitCodes: [0, 1, 2] });
  return { type, fsckClean: exitCode === 0 };
}

async function outcomeOf(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
    return 'ok';
  } catch (error) {
    if (error instanceof ConfigDriveError) return error.code;
    throw error;
  }
}

function faultyExec(faults: DriveCase['input']['faults'], commands: (readonly string[])[]): Exec {
  const exec = hostExec();
  return async (file, args, options) => {
    commands.push([file, ...recordedArguments(args)]);
    const exitCode = faults[file.replace(/\.vfat$/, '')];
    if (typeof exitCode !== 'number') return exec(file, args, options);
    throw new EffectsError('EXEC_FAILED', `${file} failed with exit code ${exitCode}`, { file, args, exitCode });
  };
}

/** Our arguments under the recording's placeholders: the contents come by a list where Nova gives a directory. */
function recordedArguments(args: readonly string[]): string[] {
  const at = args.indexOf('-graft-points');
  const list = '-graft-points -path-list LIST'.split(' ');
  const given = at < 0 ? args : args.toSpliced(at, list.length, '{tmpdir0}');
  return given.map((arg) => ({ image: '{instance_dir}/disk.config', tree: '{tmpdir0}' })[arg] ?? arg);
}

function publisherOf(trace: DriveCase['expected']['trace']): string | undefined {
  const command = trace[0]?.execute ?? [];
  const at = command.indexOf('-publisher');
  return at < 0 ? undefined : command[at + 1];
}

function contentOf(file: DriveCase['input']['files'][number]): string {
  return file.content ?? '\0'.repeat(file.size ?? 0);
}
