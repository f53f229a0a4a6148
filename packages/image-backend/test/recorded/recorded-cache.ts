import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hostExec } from '@spawnkit/effects';
import { baseName } from '../../src/cache/cache-paths.ts';
import { recordPath } from '../../src/cache/base-record.ts';
import { ephemeralExtension, sharedOsType } from '../../src/disks/mkfs.ts';
import { ImageBackendError } from '../../src/errors.ts';
import { openImageCache } from '../../src/open-image-cache.ts';
import type { HostInput, RecordedCase } from './recorded-case.ts';
import { comparedFiles, type RecordedFileAfter } from './compared-backend.ts';
import { filesAfter } from './recorded-files.ts';
import { recordedHost } from './recorded-host.ts';

export type CacheCase = RecordedCase<CacheInput, CacheExpected>;

interface CacheInput extends HostInput {
  readonly image_id?: string;
  readonly os_type?: string | null;
  readonly default_ephemeral_format?: string | null;
  readonly specified_fs?: string | null;
  readonly virt_mkfs?: readonly string[];
  readonly instances?: readonly RecordedInstanceUse[];
}

interface RecordedInstanceUse {
  readonly image_ref?: string;
  readonly kernel_id?: string;
  readonly ramdisk_id?: string;
  readonly swap_mb?: number;
  readonly ephemerals_gb?: readonly number[];
  readonly os_type?: string | null;
}

interface CacheExpected {
  readonly fname?: string;
  readonly extension_full?: string;
  readonly base_after?: Readonly<Record<string, 'touched' | 'untouched'>>;
  readonly files_after?: readonly RecordedFileAfter[];
  readonly ok?: boolean;
}

const IMAGE = '155d900f-4e14-4e4c-a73d-069cbf4541e6';
const FRESH_MS = 60_000;

/** What a case expects, as far as it is compared: not the lists that Nova keeps inside. */
export function expectedOfCache({ expected }: CacheCase): unknown {
  if (expected.base_after === undefined) return expected;
  const { ok, base_after, files_after = [] } = expected;
  return { ok, base_after, files: comparedFiles(files_after, {}) };
}

/** What our packages make of it. */
export async function runCacheCase({ input }: CacheCase): Promise<unknown> {
  if (input.image_id !== undefined) return { fname: baseName(input.image_id) };
  if (input.virt_mkfs !== undefined) return extensions(input);
  return onePass(input);
}

/** `linux=command` of nova.conf. */
export function mkfsCommands(virtMkfs: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    virtMkfs.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

function extensions({
  virt_mkfs: virtMkfs = [],
  default_ephemeral_format: format,
  os_type: osType,
  specified_fs: fs,
}: CacheInput) {
  const config = { virtMkfs: mkfsCommands(virtMkfs), ...(format ? { defaultEphemeralFormat: format } : {}) };
  const shared = sharedOsType(config, osType);
  return {
    os_type_with_default: shared,
    extension_as_spawn_calls_it: ephemeralExtension(config, shared),
    extension_full: ephemeralExtension(config, osType, fs),
  };
}

/** One pass of the cache manager: what instances use is kept, what is old goes. */
async function onePass(input: CacheInput): Promise<unknown> {
  await using host = await recordedHost(input);
  const { instancesPath, exec } = host;
  const cache = openImageCache({ instancesPath, exec });
  const seconds = input.config?.['image_cache.remove_unused_original_minimum_age_seconds'] as number | undefined;
  const uses = input.instances ?? [];
  const stuck = input.faults?.['unlink'] ? join(instancesPath, input.pre?.[0]?.path ?? '') : undefined;
  if (stuck) await hostExec()('chattr', ['+i', stuck]);
  try {
    await cache.prune({
      keep: uses.flatMap((one) =>
        [one.image_ref ?? IMAGE, one.kernel_id, one.ramdisk_id].filter((id) => id !== undefined),
      ),
      keepBases: uses.flatMap(basesOf),
      ...(seconds === undefined ? {} : { minAgeMs: seconds * 1000 }),
    });
    return { ok: true, ...(await after(instancesPath)) };
  } catch (error) {
    if (!(error instanceof ImageBackendError)) throw error;
    return { ok: false, error: error.code, ...(await after(instancesPath)) };
  } finally {
    if (stuck) await hostExec()('chattr', ['-i', stuck]);
  }
}

function basesOf({ swap_mb: swap, ephemerals_gb: [gb] = [], os_type: osType }: RecordedInstanceUse): readonly string[] {
  const extension = ephemeralExtension({}, sharedOsType({}, osType));
  return [...(swap ? [`swap_${swap}`] : []), ...(gb === undefined ? [] : [`ephemeral_${gb}_${extension}`])];
}

async function after(instancesPath: string) {
  const directory = join(instancesPath, '_base');
  const names = (await readdir(directory)).filter((name) => !name.endsWith('.json'));
  const uses = await Promise.all(names.map(async (name) => [name, await useOf(join(directory, name))] as const));
  return {
    base_after: Object.fromEntries(uses),
    files: comparedFiles((await filesAfter(instancesPath)) as readonly RecordedFileAfter[], {}),
  };
}

async function useOf(path: string): Promise<'touched' | 'untouched'> {
  const { mtimeMs } = await stat(recordPath(path)).catch(() => stat(path));
  return Date.now() - mtimeMs < FRESH_MS ? 'touched' : 'untouched';
}
