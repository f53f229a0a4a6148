import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Exec, hostExec } from '@spawnkit/effects';
import type { DiskSource } from '../disk-source.ts';
import type { DiskId, ImageBackend } from '../image-backend.ts';
import type { ImageCache } from '../image-cache.ts';
import { cloneCases } from './clone-cases.ts';
import { fileStorage } from './file-storage.ts';
import { imageDiskCases } from './image-disk-cases.ts';
import { lifecycleCases } from './lifecycle-cases.ts';
import { scratchDiskCases } from './scratch-disk-cases.ts';
import { snapshotCases } from './snapshot-cases.ts';

/** A backend with storage of its own, made for one case. */
export interface BackendUnderTest extends AsyncDisposable {
  readonly backend: ImageBackend<DiskSource>;
  readonly cache: ImageCache;
  /** Exists and is empty. */
  readonly instancesPath: string;
  /** The storage itself, without the backend. Missing: files in the directory of the instance. */
  readonly storage?: StorageUnderTest;
}

/** What a test sees of a storage, and does to it behind the backend's back. */
export interface StorageUnderTest {
  /** How QEMU's tools find a disk. */
  toolName(source: DiskSource): string;
  /** What tells them how to open it. Missing: its format. */
  toolFlags?(source: DiskSource): readonly string[];
  /** Names of all that an instance has there: disks under their names, anything else under any. */
  names(instanceId: string): Promise<readonly string[]>;
  /** Puts something of another owner in the place of a disk: the bytes of a file of whole sectors. */
  plant(disk: DiskId, path: string): Promise<void>;
  /** Leaves what a killed creation of a disk leaves. */
  plantDraft(disk: DiskId): Promise<void>;
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
  readonly storage: StorageUnderTest;
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
  /** Only for backends of which this is true. */
  readonly onlyIf?: (backend: ImageBackend<DiskSource>) => boolean;
  readonly run: (context: CaseContext) => Promise<void>;
}

/**
 * The contract of {@link ImageBackend}, to be run by any test runner: `for (const { name, run } of
 * backendContract(setup)) test(name, run)`. Needs qemu-img, qemu-io, mkfs.ext4, mkfs.ext3 and mkswap.
 */
export function backendContract(setup: BackendSetup): readonly ContractCase[] {
  const cases = [...imageDiskCases, ...scratchDiskCases, ...lifecycleCases, ...snapshotCases, ...cloneCases];
  return cases.map(({ name, wrap, onlyIf, run }) => ({
    name,
    async run() {
      const exec = hostExec();
      await using under = await setup(wrap?.(exec) ?? exec);
      if (onlyIf && !onlyIf(under.backend)) return;
      const disk = { instanceId: 'a-first-instance', name: 'disk' };
      const instancePath = join(under.instancesPath, disk.instanceId);
      await mkdir(instancePath);
      const { storage = fileStorage(under.instancesPath) } = under;
      await run({ ...under, storage, exec, disk, instancePath });
    },
  }));
}
