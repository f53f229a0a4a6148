import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Exec, hostExec } from '@spawnkit/effects';
import type { DiskId, ImageBackend } from '../image-backend.ts';
import type { ImageCache } from '../image-cache.ts';
import { imageDiskCases } from './image-disk-cases.ts';
import { lifecycleCases } from './lifecycle-cases.ts';
import { scratchDiskCases } from './scratch-disk-cases.ts';

/** A backend with storage of its own, made for one case. */
export interface BackendUnderTest extends AsyncDisposable {
  readonly backend: ImageBackend;
  readonly cache: ImageCache;
  /** Exists and is empty. */
  readonly instancesPath: string;
}

/** Makes a backend that runs its commands by `exec`, which some cases let fail. */
export type BackendSetup = (exec: Exec) => Promise<BackendUnderTest>;

/** Rejects when the backend does something else than `name` says. */
export interface ContractCase {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** What a case works with. */
export interface CaseContext extends BackendUnderTest {
  /** Runs real commands, also where the backend's fail. */
  readonly exec: Exec;
  /** Its instance path is there, and empty. */
  readonly disk: DiskId;
  readonly instancePath: string;
}

export interface CaseDefinition {
  readonly name: string;
  /** Stands between the backend and the host. */
  readonly wrap?: (exec: Exec) => Exec;
  readonly run: (context: CaseContext) => Promise<void>;
}

/**
 * The contract of {@link ImageBackend}, to be run by any test runner: `for (const { name, run } of
 * backendContract(setup)) test(name, run)`. Needs qemu-img, qemu-io, mkfs.ext4, mkfs.ext3 and mkswap.
 */
export function backendContract(setup: BackendSetup): readonly ContractCase[] {
  return [...imageDiskCases, ...scratchDiskCases, ...lifecycleCases].map(({ name, wrap, run }) => ({
    name,
    async run() {
      const exec = hostExec();
      await using under = await setup(wrap?.(exec) ?? exec);
      const disk = { instanceId: 'a-first-instance', name: 'disk' };
      const instancePath = join(under.instancesPath, disk.instanceId);
      await mkdir(instancePath);
      await run({ ...under, exec, disk, instancePath });
    },
  }));
}
