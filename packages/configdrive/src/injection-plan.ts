import { ConfigDriveError } from './errors.ts';
import { type InjectionContents, type InjectionItem, wantedItems } from './injection-request.ts';
import { jsonText } from './json-text.ts';
import { withRootPassword } from './shadow.ts';

/** One change of a guest's file system. Paths are relative to its root, with or without a leading slash. */
export type InjectionOperation =
  | { readonly kind: 'makePath'; readonly path: string }
  /** Owner and group become root. */
  | { readonly kind: 'giveToRoot'; readonly path: string }
  | { readonly kind: 'setMode'; readonly path: string; readonly mode: number }
  | { readonly kind: 'append'; readonly path: string; readonly text: string }
  | { readonly kind: 'replace'; readonly path: string; readonly content: string | Uint8Array };

/** What one item takes. With a `problem`, the item fails after the operations that came before it. */
export interface InjectionStep {
  readonly item: InjectionItem;
  readonly operations: readonly InjectionOperation[];
  readonly problem?: ConfigDriveError;
}

/** What is at a path of the guest; `text`, one character a byte (latin1), where it was asked for and could be read. */
export interface GuestFact {
  readonly exists: boolean;
  readonly text?: string | undefined;
}
export type GuestFacts = ReadonlyMap<string, GuestFact>;

export interface GuestQuestions {
  readonly exist: readonly string[];
  /** Small text files. */
  readonly read: readonly string[];
}

const paths = { passwd: 'etc/passwd', shadow: 'etc/shadow', selinux: 'etc/selinux', rcDirectory: 'etc/rc.d' } as const;
const sshDirectory = 'root/.ssh';
const rcLocals = ['etc/rc.local', 'etc/rc.d/rc.local'] as const;

/** What a plan for these items has to know of the guest. */
export function injectionQuestions(contents: InjectionContents, items: readonly InjectionItem[]): GuestQuestions {
  const parents = (contents.files ?? []).map(({ path }) => parentOf(path)).filter((parent) => parent !== undefined);
  return {
    exist: [
      ...(items.includes('key') ? [paths.selinux, paths.rcDirectory, ...rcLocals] : []),
      ...(items.includes('files') ? new Set(parents) : []),
    ],
    read: items.includes('admin_password') ? [paths.passwd, paths.shadow] : [],
  };
}

/**
 * The steps that put the items into a guest, as Nova's `inject_data_into_fs`: same order, paths, modes and texts. The root
 * password is hashed by `hash`, once. Pure but for that.
 */
export function injectionPlan(
  contents: InjectionContents,
  facts: GuestFacts,
  hash: (password: string) => string,
  items: readonly InjectionItem[] = wantedItems(contents),
): readonly InjectionStep[] {
  // What a step makes is there for all that follow, and for its own next operation: plans are generators.
  const known = new Map(facts);
  return items.map((item) => stepOf(item, planners[item](contents, known, hash), known));
}

/** Runs a plan to its end or to the first thing that cannot be done. */
function stepOf(
  item: InjectionItem,
  planned: Iterable<InjectionOperation>,
  known: Map<string, GuestFact>,
): InjectionStep {
  const operations: InjectionOperation[] = [];
  try {
    for (const operation of planned) {
      operations.push(operation);
      known.set(operation.path, { ...known.get(operation.path), exists: true });
    }
    return { item, operations };
  } catch (problem) {
    if (problem instanceof ConfigDriveError) return { item, operations, problem };
    throw problem;
  }
}

type Planner = (
  contents: InjectionContents,
  facts: GuestFacts,
  hash: (password: string) => string,
) => Iterable<InjectionOperation>;

const planners: Readonly<Record<InjectionItem, Planner>> = {
  key: ({ key = '' }, facts) => keyOperations(key, facts),
  net: ({ net = '' }) => netOperations(net),
  metadata: ({ metadata = {} }) => [{ kind: 'replace', path: 'meta.js', content: jsonText(metadata) }],
  admin_password: ({ adminPassword }, facts, hash) =>
    passwordOperations(() => hash(adminPassword?.reveal() ?? ''), facts),
  files: ({ files = [] }, facts) => fileOperations(files, facts),
};

function* keyOperations(key: string, facts: GuestFacts): Generator<InjectionOperation> {
  const file = `${sshDirectory}/authorized_keys`;
  yield* madeDirectory(sshDirectory, 0o700);
  yield { kind: 'append', path: file, text: `\n# The following ssh key was injected by Nova\n${key.trim()}\n` };
  yield { kind: 'setMode', path: file, mode: 0o600 };
  if (exists(paths.selinux, facts)) yield* selinuxOperations(facts);
}

/** A guest with SELinux gives new files a context that sshd may not read; its next boot puts that right. */
function* selinuxOperations(facts: GuestFacts): Generator<InjectionOperation> {
  const [usual, other] = rcLocals;
  const path = !exists(usual, facts) && exists(paths.rcDirectory, facts) ? other : usual;
  const script = [
    exists(path, facts) ? '' : '#!/bin/sh',
    '# Added by Nova to ensure injected ssh keys have the right context',
    `restorecon -RF ${sshDirectory} 2>/dev/null || :`,
  ];
  yield { kind: 'append', path, text: `${script.join('\n')}\n` };
  yield { kind: 'setMode', path, mode: 0o700 };
}

function* netOperations(net: string): Generator<InjectionOperation> {
  yield* madeDirectory('etc/network', 0o744);
  yield { kind: 'replace', path: 'etc/network/interfaces', content: net };
}

function* passwordOperations(hash: () => string, facts: GuestFacts): Generator<InjectionOperation> {
  const [passwd, shadow] = [read(paths.passwd, facts), read(paths.shadow, facts)];
  const content = Buffer.from(withRootPassword(passwd, shadow, hash), 'latin1');
  yield { kind: 'replace', path: paths.shadow, content };
}

function* fileOperations(
  files: readonly { readonly path: string; readonly content: string | Uint8Array }[],
  facts: GuestFacts,
): Generator<InjectionOperation> {
  for (const { path, content } of files) {
    const parent = parentOf(path);
    if (parent !== undefined && !exists(parent, facts)) yield* madeDirectory(parent, 0o744);
    yield { kind: 'replace', path, content };
  }
}

function* madeDirectory(path: string, mode: number): Generator<InjectionOperation> {
  yield { kind: 'makePath', path };
  yield { kind: 'giveToRoot', path };
  yield { kind: 'setMode', path, mode };
}

/** The directory of a file as Python's `os.path.dirname` names it; undefined for the root, which every guest has. */
function parentOf(path: string): string | undefined {
  const head = path.slice(0, path.lastIndexOf('/') + 1).replace(/\/+$/, '');
  return head === '' ? undefined : head;
}

function exists(path: string, facts: GuestFacts): boolean {
  return facts.get(path)?.exists ?? false;
}

function read(path: string, facts: GuestFacts): string {
  const text = facts.get(path)?.text;
  if (text !== undefined) return text;
  throw new ConfigDriveError(
    'INJECTION_FAILED',
    `Cannot inject the admin password: the guest's "/${path}" cannot be read. Is this the partition of its root?`,
    { path },
  );
}
