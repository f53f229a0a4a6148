import { statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EffectsError, type Exec, type ExecOptions, hostExec } from '@spawnkit/effects';
import { recordPath, writeRecord } from '../../src/cache/base-record.ts';
import { baseName as baseNameOf } from '../../src/cache/cache-paths.ts';
import { hashFile } from '../../src/cache/prepare-image.ts';
import { identityOf } from '../../src/files.ts';
import type { PullRequest } from '../../src/image-cache.ts';
import type { ImageSource } from '../../src/image-source.ts';
import { openImageCache } from '../../src/open-image-cache.ts';
import type { HostInput, RecordedFault, RecordedFile } from './recorded-case.ts';
import { writeBefore, writeContent } from './recorded-content.ts';
import { type LvmModel, lvmModel } from './lvm-model.ts';
import { type RbdModel, rbdModel } from './rbd-model.ts';

/** A command that changes something, as it was run. */
export type Step = readonly [file: string, ...args: readonly string[]];

/** The host of one recorded case: a directory, an image service, models of Ceph and LVM, and what was run. */
export interface RecordedHost extends AsyncDisposable {
  readonly instancesPath: string;
  readonly exec: Exec;
  readonly rbd: RbdModel;
  readonly lvm: LvmModel;
  /** Stands for `/dev`. */
  readonly devicesPath: string;
  readonly steps: readonly Step[];
  /** How an image comes from the image service; throws nothing for one that is not there. */
  pull(imageId: string, kind: PullRequest['kind']): Promise<PullRequest>;
}

/** The volume group of the recordings. */
const GROUP = 'vg_nova';
const real = hostExec();
/** What only looks. */
const LOOKING = new Set(['qemu-img info', 'rbd info', 'rbd ls', 'rbd status', 'e2label', 'flock', 'lvs', 'vgs']);
/** Programs that the recordings answered by models, and that change nothing here. */
const MODELLED = new Set(['mkfs.ntfs', 'fallocate']);

export async function recordedHost(input: HostInput): Promise<RecordedHost> {
  const top = await mkdtemp(join(tmpdir(), 'recorded-'));
  await chmod(top, 0o755);
  const instancesPath = join(top, 'instances');
  await mkdir(instancesPath);
  const rbd = rbdModel(input.rbd ?? {});
  const devicesPath = join(top, 'dev');
  const lvm = await lvmModel({ devicesPath, group: GROUP, ...volumesBefore(input) });
  const steps: Step[] = [];
  const cleanUp: (() => Promise<void>)[] = [() => rm(top, { recursive: true })];
  const exec = recordingExec(input, { rbd, lvm }, steps);
  for (const file of input.pre ?? []) await before(exec, instancesPath, file, input);
  steps.length = 0;
  return {
    instancesPath,
    exec,
    rbd,
    lvm,
    devicesPath,
    steps,
    async pull(imageId, kind) {
      const source = await serveImage(input, { top, imageId, cleanUp });
      const declaredFormat = input.images?.[imageId]?.disk_format;
      return { source, kind, imageId, ...(declaredFormat === undefined ? {} : { declaredFormat }) };
    },
    async [Symbol.asyncDispose]() {
      for (const act of cleanUp.toReversed()) await act();
    },
  };
}

function volumesBefore({ lvs = {}, vg_free: freeBytes }: HostInput) {
  return { lvs, ...(freeBytes === undefined ? {} : { freeBytes }) };
}

/**
 * A base that fits its image was fetched by this very cache, so that it has its record; what else lies there is just a
 * file.
 */
async function before(exec: Exec, instancesPath: string, file: RecordedFile, { images }: HostInput): Promise<void> {
  const name = /^_base\/([0-9a-f]{40})$/.exec(file.path)?.[1];
  const [imageId, image] = Object.entries(images ?? {}).find(([id]) => baseNameOf(id) === name) ?? [];
  const converted = image?.content.kind === 'qcow2' && file.kind === 'raw';
  const scratch = /^_base\/(?:(ephemeral)_\d+_(?:default|[0-9a-f]{7})|(swap)_\d+)$/
    .exec(file.path)
    ?.slice(1)
    .find((role) => role !== undefined) as 'ephemeral' | 'swap' | undefined;
  if (scratch) return writeScratch(instancesPath, file, scratch);
  // The cache manager's cases name bases only.
  if (name !== undefined && images === undefined) return writeImage(instancesPath, file);
  if (imageId === undefined || !image || !(converted || image.content.kind === file.kind)) {
    await writeBefore(exec, instancesPath, file);
    if (file.age !== undefined) await age(join(instancesPath, file.path), file.age);
    return;
  }
  const path = join(instancesPath, '..', `before-${imageId}`);
  await writeContent(exec, path, image.content);
  const cache = openImageCache({ instancesPath, exec, forceRawImages: file.kind !== 'qcow2' });
  await cache.pull({
    source: { type: 'file', path },
    kind: file.kind === 'kernel' ? 'kernel' : 'disk',
    imageId,
    ...(file.kind === 'kernel' ? {} : { declaredFormat: image.disk_format }),
  });
}

/** A raw image that was fetched. */
async function writeImage(instancesPath: string, file: RecordedFile): Promise<void> {
  const path = join(instancesPath, file.path);
  await writeBefore(real, instancesPath, file);
  const identity = await identityOf(path);
  if (!identity) throw new Error(`"${path}" was just written`);
  const sha256 = await hashFile(path, undefined);
  const hashes = { sha256, sourceSha256: sha256 };
  await writeRecord(path, {
    role: 'image',
    identity,
    imageId: 'recorded',
    format: 'raw',
    virtualSize: identity.size,
    ...hashes,
  });
  if (file.age !== undefined) await age(recordPath(path), file.age);
}

/** An ext4 file system with the first label, or swap space, that this cache made. */
async function writeScratch(instancesPath: string, file: RecordedFile, role: 'ephemeral' | 'swap'): Promise<void> {
  const path = join(instancesPath, file.path);
  await writeBefore(real, instancesPath, file);
  const identity = await identityOf(path);
  if (!identity) throw new Error(`"${path}" was just written`);
  const content = role === 'swap' ? 'swap' : 'ext4 ephemeral0';
  await writeRecord(path, { role, content, identity, virtualSize: identity.size });
  if (file.age !== undefined) await age(recordPath(path), file.age);
}

export async function age(path: string, seconds: number): Promise<void> {
  const then = Date.now() / 1000 - seconds;
  await utimes(path, then, then);
}

interface Models {
  readonly rbd: RbdModel;
  readonly lvm: LvmModel;
}

function recordingExec(input: HostInput, { rbd, lvm }: Models, steps: Step[]): Exec {
  const calls = new Map<string, number>();
  const others = lvm.exec(real);
  return async (file, args, options = {}) => {
    const looks = LOOKING.has(file) || LOOKING.has(`${file} ${args[0]}`);
    const fault = faultOf(input, calls, file, args);
    if (fault) {
      if (!looks) steps.push([file, ...args]);
      throw failing(file, args, fault);
    }
    if (file === 'rbd') return runModel(input, rbd, steps, args, options, looks);
    if (!looks) steps.push([file, ...args]);
    if (file === 'fallocate' && input.fallocate_unsupported) {
      steps.pop();
      const stderr = 'fallocate: fallocate failed: Operation not supported';
      throw new EffectsError('EXEC_FAILED', 'fallocate failed', { file, args, exitCode: 1, stderr });
    }
    const target = args.at(-1) ?? '';
    if (file === 'qemu-img' && args.some((word) => word.startsWith('rbd:'))) await writeFile(target, '');
    else if (!MODELLED.has(file)) return others(file, args, options);
    return { stdout: '', stderr: '', exitCode: 0 };
  };
}

/** A command of the cluster changes something when it succeeds. */
function runModel(
  input: HostInput,
  rbd: RbdModel,
  steps: Step[],
  args: readonly string[],
  options: ExecOptions,
  looks: boolean,
) {
  if (input.ceph_down) {
    const stderr = "rbd: couldn't connect to the cluster!";
    throw new EffectsError('EXEC_FAILED', 'rbd failed', { file: 'rbd', args, exitCode: 110, stderr });
  }
  const result = rbd.run(args, options, (path) => statSync(path).size);
  if (!looks && result.exitCode === 0) steps.push(['rbd', ...args]);
  return Promise.resolve(result);
}

/** Names of the recordings' faults that a command of ours stands for. */
const FAULT_NAMES: readonly (readonly [fault: string, file: string, verb?: string])[] = [
  ['execute:qemu-img convert', 'qemu-img', 'convert'],
  ['execute:cp', 'cp'],
  ['execute:mkswap', 'mkswap'],
  ['execute:vgs', 'vgs'],
  ['execute:lvcreate', 'lvcreate'],
  ['execute:lvremove', 'lvremove'],
  ['execute:e2fsck', 'e2fsck'],
  ['execute:cryptsetup', 'cryptsetup'],
  ['execute:rbd import', 'rbd', 'import'],
  ['rbd.clone', 'rbd', 'clone'],
  ['rbd.image.resize', 'rbd', 'resize'],
];

function faultOf({ faults = {} }: HostInput, calls: Map<string, number>, file: string, args: readonly string[]) {
  const named = FAULT_NAMES.find(([, program, verb]) => program === file && (verb === undefined || verb === args[0]));
  const name = file.startsWith('mkfs.') ? 'execute:mkfs' : (named?.[0] ?? '');
  const fault = faults[name];
  const call = (calls.get(name) ?? 0) + 1;
  calls.set(name, call);
  return fault && (fault.on_call === undefined || fault.on_call === call) ? fault : undefined;
}

function failing(file: string, args: readonly string[], { raise, exit_code: code }: RecordedFault): EffectsError {
  const exitCode = raise === 'PermissionError' ? 1 : (code ?? 5);
  return new EffectsError('EXEC_FAILED', `${file} failed`, { file, args, exitCode, stderr: 'boom' });
}

interface ImageHost {
  readonly top: string;
  readonly imageId: string;
  readonly cleanUp: (() => Promise<void>)[];
}

async function serveImage({ images }: HostInput, { top, imageId, cleanUp }: ImageHost): Promise<ImageSource> {
  const path = join(top, `service-${imageId}`);
  const image = images?.[imageId];
  if (image) await writeContent(real, path, image.content);
  if (!image?.truncated_download) return { type: 'file', path };
  const { size } = await stat(path);
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-length': size });
    response.write(Buffer.alloc(100), () => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUp.push(() => new Promise((resolve) => void server.close(() => resolve())));
  return { type: 'http', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${imageId}` };
}
