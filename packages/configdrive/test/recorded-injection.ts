import { Secret } from '@spawnkit/effects';
import {
  ConfigDriveError,
  type GuestFact,
  type GuestFiles,
  inject,
  type InjectionContents,
  type InjectionItem,
  type InjectionOperation,
  type InjectionStep,
} from '../src/index.ts';

/** One case of `inject.json`. */
export interface InjectionCase {
  readonly id: string;
  readonly input: {
    readonly values: {
      readonly key?: string;
      readonly net?: string;
      readonly metadata?: Readonly<Record<string, string>>;
      readonly admin_password?: string;
      readonly files?: readonly (readonly [string, string])[];
    };
    /** Path → content; null is a directory. */
    readonly guest_files?: RecordedFiles;
    readonly mandatory?: readonly InjectionItem[];
    readonly faults?: Readonly<Record<string, string>>;
    readonly setup_fails?: boolean;
  };
  readonly expected: {
    readonly returned?: boolean;
    readonly error?: unknown;
    readonly guest_files_after: RecordedFiles;
  };
}
type RecordedFiles = Readonly<Record<string, string | null>>;

/** How Nova's recorder names our operations. */
const recordedNames: Readonly<Record<InjectionOperation['kind'], string>> = {
  makePath: 'make_path',
  giveToRoot: 'set_ownership',
  setMode: 'set_permissions',
  append: 'append_file',
  replace: 'replace_file',
};

/** Injects into the recorded guest and answers in the form of the recording. */
export async function recordedInjection({ input }: InjectionCase) {
  const files: Record<string, string | null> = { ...input.guest_files };
  const outcome = await outcomeOf(() => inject(contentsOf(input), recordedGuest(files, input), () => '{md5-crypt}'));
  return { ...outcome, guest_files_after: files };
}

async function outcomeOf(run: () => Promise<{ readonly complete: boolean }>) {
  try {
    return { returned: (await run()).complete };
  } catch (error) {
    if (error instanceof ConfigDriveError) return { error: true };
    throw error;
  }
}

function contentsOf({ values, mandatory }: InjectionCase['input']): InjectionContents {
  const { key, net, metadata, admin_password: password } = values;
  const files = values.files?.map(([path, content]) => ({ path, content }));
  return {
    key,
    net,
    metadata,
    adminPassword: password === undefined ? undefined : new Secret(password),
    files,
    mandatory,
  };
}

/** A guest whose paths are plain names, as in the recorder, and whose calls fail where the case says so. */
function recordedGuest(files: Record<string, string | null>, input: InjectionCase['input']): GuestFiles {
  const faults = input.faults ?? {};
  const fault = (name: string, path: string) => faults[name] ?? faults[`${name} ${path}`];
  return {
    look: async (questions) => {
      if (input.setup_fails) throw new ConfigDriveError('UNREADABLE_GUEST', 'the recorded guest does not open');
      return new Map([
        ...questions.exist.map((path): [string, GuestFact] => [path, { exists: path in files }]),
        ...questions.read.map((path): [string, GuestFact] => [path, factOf(files[path], fault('read_file', path))]),
      ]);
    },
    apply: async (steps) => {
      for (const step of steps) {
        const failed = step.operations.find((operation) => {
          if (fault(recordedNames[operation.kind], operation.path) !== undefined) return true;
          perform(files, operation);
          return false;
        });
        if (failed) return failureOf(step, failed);
      }
      if (faults['teardown'] !== undefined) throw new ConfigDriveError('INJECTION_FAILED', faults['teardown']);
      return undefined;
    },
  };
}

function factOf(content: string | null | undefined, fault: string | undefined): GuestFact {
  const text = typeof content === 'string' && fault === undefined ? content : undefined;
  return { exists: content !== undefined, text: text === undefined ? undefined : Buffer.from(text).toString('latin1') };
}

function perform(files: Record<string, string | null>, operation: InjectionOperation): void {
  const { kind, path } = operation;
  if (kind === 'makePath') files[path] ??= null;
  if (kind === 'append') files[path] = `${files[path] ?? ''}${operation.text}`;
  if (kind === 'replace') files[path] = Buffer.from(operation.content).toString('utf8');
}

function failureOf(step: InjectionStep, operation: InjectionOperation) {
  const message = `the recorded guest refuses ${operation.kind} of ${operation.path}`;
  return { item: step.item, error: new ConfigDriveError('INJECTION_FAILED', message) };
}
