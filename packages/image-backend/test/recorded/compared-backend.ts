import type { DiskSource } from '../../src/disk-source.ts';
import type { BackendCase, BackendExpected, BackendInput, RbdPools, RecordedResult } from './recorded-case.ts';
import type { OwnOutcome, OwnResult, VolumesAfter } from './recorded-backend.ts';
import { recordedSteps } from './recorded-steps.ts';

/** A case and our outcome in one form, so that equal means the same. */
export interface Compared {
  readonly results: readonly unknown[];
  readonly steps: readonly string[];
  readonly files: readonly RecordedFileAfter[];
  readonly rbd: unknown;
  readonly volumes: VolumesAfter;
}

export interface RecordedFileAfter {
  readonly path: string;
  readonly [fact: string]: unknown;
}

/** Codes of ours that say what an exception of Nova's says. */
const CODES: Readonly<Record<string, readonly string[]>> = {
  ImageUnacceptable: ['FORMAT_MISMATCH', 'FORMAT_UNSUPPORTED', 'UNSAFE_IMAGE', 'NOT_AN_IMAGE', 'NOT_CLONABLE'],
  FlavorDiskSmallerThanImage: ['DISK_TOO_SMALL'],
  ImageNotFound: ['SOURCE_UNREADABLE'],
  GlanceConnectionFailed: ['SOURCE_UNREADABLE'],
  ProcessExecutionError: ['TOOL_FAILED'],
  InvalidDiskInfo: ['STORAGE_FAILED'],
  InvalidBDMFormat: ['INVALID_REQUEST'],
  InvalidDevicePath: ['INVALID_REQUEST'],
  InternalError: ['INVALID_REQUEST'],
  SnapshotNotFound: ['SNAPSHOT_NOT_FOUND'],
  NotImplementedError: ['NOT_CLONABLE'],
  RuntimeError: ['INVALID_REQUEST', 'TOOL_FAILED'],
  Forbidden: ['TOOL_FAILED'],
  Error: ['STORAGE_UNREACHABLE'],
};

export function comparedBackend(
  { input, expected }: BackendCase,
  ours: OwnOutcome,
): Record<'expected' | 'actual', Compared> {
  return {
    expected: {
      results: expected.results.map(recordedEssence),
      steps: recordedSteps(expected.trace),
      files: comparedFiles(expected.files_after as readonly RecordedFileAfter[], input),
      rbd: comparedPools(expected.rbd_after ?? input.rbd ?? {}),
      volumes: volumesOf(expected),
    },
    actual: {
      results: ours.results.map((result, at) => ownEssence(result, expected.results[at])),
      steps: ours.steps,
      files: comparedFiles(ours.files as readonly RecordedFileAfter[], input),
      rbd: comparedPools(ours.rbd as RbdPools),
      volumes: ours.volumes,
    },
  };
}

/** What is recorded of the volume group in the end. */
export function volumesOf({ lvs_after: lvs = {}, dm_after: maps = [] }: Partial<BackendExpected>): VolumesAfter {
  return { lvs, maps };
}

/** An error of ours under the name of Nova's, where they say the same. */
export function errorName(
  code: string,
  theirs: { readonly error: string; readonly message?: string } | undefined,
): string {
  const name = theirs?.error ?? '';
  // What Nova calls unacceptable may be that converting it failed.
  const converts = code === 'TOOL_FAILED' && /onvert image/.test(theirs?.message ?? '');
  return converts || CODES[name]?.includes(code) ? name : code;
}

/**
 * An empty cache says nothing. Nor does an entry of `disk.info` for a disk that is not there, or was there before: Nova
 * writes it when it looks at a disk, we when we make or change one. Nova's model of qemu-img writes no bytes that it
 * reads from Ceph.
 */
export function comparedFiles(
  files: readonly RecordedFileAfter[],
  { backend, pre = [], config }: Partial<BackendInput>,
): readonly RecordedFileAfter[] {
  const inCeph = backend === 'rbd' || config?.['libvirt.images_type'] === 'rbd';
  const before = new Set(pre.map(({ path }) => path));
  const shown = files.filter(({ path }) => path !== '_base/' && !(inCeph && path === 'snap'));
  const there = new Set(shown.flatMap(({ path }) => (before.has(path) ? [] : [`{instances}/${path}`])));
  const told = shown.flatMap((file) => (isRecord(file['json']) ? noted(file, file['json'], { shown, there }) : [file]));
  return told.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function noted(
  file: RecordedFileAfter,
  notes: Notes,
  { shown, there }: { readonly shown: readonly RecordedFileAfter[]; readonly there: ReadonlySet<string> },
): readonly RecordedFileAfter[] {
  const kept = Object.entries(notes).filter(([path]) => there.has(path) || !path.startsWith('{instances}/'));
  if (kept.length > 0) return [{ ...file, json: Object.fromEntries(kept) }];
  const directory = file.path.replace(/disk\.info$/, '');
  const others = shown.some(({ path }) => path.startsWith(directory) && path !== file.path);
  return others ? [] : [{ path: directory, empty_dir: true }];
}

type Notes = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Notes {
  return typeof value === 'object' && value !== null;
}

function recordedEssence({ op, ok, error, path, driver_format: format, returned, xml }: RecordedResult) {
  const source = op === 'libvirt_info' && xml !== undefined ? sourceFacts(xml) : undefined;
  const told = op === 'libvirt_fs_info' || op === 'get_model' ? undefined : returned;
  return { op, ok, ...(error ? { error: error.error } : {}), path, format, returned: told, source };
}

function ownEssence(result: OwnResult, theirs: RecordedResult | undefined) {
  const { op, ok, error, path, driver_format: format, returned, source } = result;
  return {
    op,
    ok,
    ...(error === undefined ? {} : { error: errorName(error, theirs?.error) }),
    path,
    format,
    returned,
    source: source && ownSourceFacts(source),
  };
}

export function comparedPools(pools: RbdPools): object {
  return Object.fromEntries(Object.entries(pools).filter(([, images]) => Object.keys(images).length > 0));
}

/** What a backend decides of a guest's disk: the rest is the designer's. */
function sourceFacts(xml: string): object {
  const attributes = (element: string) =>
    [...xml.matchAll(new RegExp(`<${element} ([^>]*?)/?>`, 'g'))].map(([, text = '']) =>
      Object.fromEntries([...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value])),
    );
  const [driver = {}] = attributes('driver');
  const [source = {}] = attributes('source');
  return {
    format: driver['type'],
    io: driver['io'],
    discard: driver['discard'],
    file: source['file'] ?? source['dev'],
    protocol: source['protocol'],
    name: source['name'],
    hosts: attributes('host').map(({ name, port }) => `${name} ${port}`),
    user: attributes('auth')[0]?.['username'],
    secret: attributes('secret')[0]?.['uuid'],
  };
}

function ownSourceFacts(source: DiskSource): object {
  const common = { format: source.format, discard: source.discard };
  if (source.type !== 'network') return { ...emptyFacts, ...common, io: source.driverIo, file: source.path };
  return {
    ...emptyFacts,
    ...common,
    protocol: source.protocol,
    name: source.name,
    hosts: source.hosts.map(({ name, port }) => `${name} ${port}`),
    user: source.auth?.username,
    secret: source.auth?.secretUuid,
  };
}

const emptyFacts = {
  io: undefined,
  file: undefined,
  protocol: undefined,
  name: undefined,
  hosts: [],
  user: undefined,
  secret: undefined,
};
