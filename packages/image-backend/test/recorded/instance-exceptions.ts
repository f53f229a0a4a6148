import { labelsVolumes, withoutLabels } from './backend-exceptions.ts';
import type { CacheCase } from './recorded-cache.ts';
import type { InstanceCase } from './recorded-instance.ts';

interface Outcome {
  readonly result?: { readonly ok: boolean; readonly error?: string };
  readonly ok?: boolean;
  readonly error?: string;
  readonly base_after?: Readonly<Record<string, string>>;
  readonly files: readonly { readonly path: string; readonly [fact: string]: unknown }[];
}

/** The rule by which the disks of an instance may differ from the recorded ones, if our own, better outcome is there. */
export function instanceException(
  { input }: InstanceCase,
  outcome: object,
  sameBut: SameInstanceBut,
): string | undefined {
  const { result, files } = outcome as Outcome;
  const base = (name: string) => files.find(({ path }) => path === `_base/${name}`);
  const disk = files.find(({ path }) => path.endsWith('/disk'));
  if ('fallback_from_host' in input) {
    if (result?.error !== 'SOURCE_UNREADABLE' || disk) return undefined;
    return 'images come from the image service, not from the cache of another host';
  }
  if (input.faults?.['execute:mkfs']) {
    const left = files.filter(({ path }) => path.startsWith('_base/ephemeral'));
    if (result?.error !== 'ProcessExecutionError' || left.length > 0 || !disk) return undefined;
    return 'a swap space or file system that was not made leaves nothing';
  }
  if (input.instance && 'vm_state' in input.instance) {
    const backing = String(disk?.['backing_file']).replace('{instances}/_base/', '');
    if (!result?.ok || base(backing)?.['content'] !== 'image data') return undefined;
    return 'a disk depends on the image that it was made of, also after a snapshot was taken of it';
  }
  const { steps } = outcome as InstanceSteps;
  if (labelsVolumes(steps) && sameBut(withoutLabels)) return 'a file system on a volume has its label';
  return undefined;
}

interface InstanceSteps {
  readonly steps: readonly string[];
}

/** Whether both are the same once something is left out of each. */
export type SameInstanceBut = (ignore: (compared: InstanceSteps) => object) => boolean;

/** The same of one pass over the cache. */
export function cacheException({ input }: CacheCase, outcome: unknown): string | undefined {
  const { ok, error, base_after: bases = {}, files } = outcome as Outcome;
  const names = Object.keys(bases);
  if (input.faults?.['unlink']) {
    if (ok || error !== 'STORAGE_FAILED' || names.length !== 1) return undefined;
    return 'a base that cannot be removed is told, and stays whole';
  }
  if (input.pre?.some(({ path }) => /\.(part|converted)$/.test(path))) {
    if (!ok || names.some((name) => /\.(part|converted)$/.test(name)) || names.length !== 3) return undefined;
    return 'what a crash left of a download is collected';
  }
  const overlay = input.pre?.find(({ kind }) => kind === 'overlay');
  if (!ok || !overlay || !files.some(({ path }) => path === overlay.backing)) return undefined;
  return 'a base stays while any disk depends on it';
}
