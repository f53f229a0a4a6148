import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Exec } from '@spawnkit/effects';
import type { RecordedContent, RecordedFile } from './recorded-case.ts';

/** At the beginning of raw content, to be found again. */
export const MARKER = Buffer.from('\0image data');
const DEFAULT_BYTES = 10 * 1024 ** 2;
const KERNEL_BYTES = 604;
const ISO_BYTES = 360_448;

/** Writes an image of one of the kinds that the recordings name. */
export async function writeContent(exec: Exec, path: string, content: RecordedContent): Promise<void> {
  const { kind, virtual_size: bytes = DEFAULT_BYTES, cluster_size: clusterBytes } = content;
  await mkdir(dirname(path), { recursive: true });
  const make = clusterBytes === undefined ? writers[kind] : withClusters(clusterBytes);
  if (!make) throw new Error(`no image of the kind "${kind}" can be made`);
  await make(exec, path, bytes);
}

type Writer = (exec: Exec, path: string, bytes: number) => Promise<unknown>;

const writers: Readonly<Record<string, Writer>> = {
  raw: (_, path, bytes) => writeRaw(path, bytes),
  kernel: (_, path) => writeFile(path, Buffer.alloc(KERNEL_BYTES, 'a kernel ')),
  text: (_, path) => writeFile(path, '<html>an error page</html>'),
  empty: (_, path) => writeFile(path, ''),
  async ext4(exec, path, bytes) {
    await writeFile(path, '');
    await truncate(path, bytes);
    await exec('mkfs.ext4', ['-q', '-F', path]);
  },
  'raw-mbr': (_, path, bytes) => writeRaw(path, bytes, (head) => partitionTable(head, 0x83)),
  async 'raw-gpt'(_, path, bytes) {
    await writeRaw(path, bytes, (head) => {
      partitionTable(head, 0xee);
      head.fill(0, 0, MARKER.length);
      head.write('EFI PART', 512, 'latin1');
    });
  },
  async iso(exec, path) {
    await mkdir(`${path}.d`);
    await exec('genisoimage', ['-quiet', '-no-pad', '-o', path, `${path}.d`]);
    await truncate(path, ISO_BYTES);
  },
  qcow2: (exec, path, bytes) => create(exec, 'qcow2', path, bytes, []),
  'qcow2-v2': (exec, path, bytes) => create(exec, 'qcow2', path, bytes, ['-o', 'compat=0.10']),
  'qcow2-backed': (exec, path, bytes) => create(exec, 'qcow2', path, bytes, ['-u', '-b', '/etc/hostname', '-F', 'raw']),
  'qcow2-datafile': (exec, path, bytes) => create(exec, 'qcow2', path, bytes, ['-o', `data_file=${path}.data`]),
  'vmdk-stream': (exec, path, bytes) => create(exec, 'vmdk', path, bytes, ['-o', 'subformat=streamOptimized']),
  'vmdk-sparse': (exec, path, bytes) => create(exec, 'vmdk', path, bytes, ['-o', 'subformat=monolithicSparse']),
  'vmdk-flat': (exec, path, bytes) => create(exec, 'vmdk', path, bytes, ['-o', 'subformat=monolithicFlat']),
  vdi: (exec, path, bytes) => create(exec, 'vdi', path, bytes, []),
  vhd: (exec, path, bytes) => create(exec, 'vpc', path, bytes, []),
  vhdx: (exec, path, bytes) => create(exec, 'vhdx', path, bytes, []),
};

/** What lies there before an operation. */
export async function writeBefore(exec: Exec, instancesPath: string, file: RecordedFile): Promise<void> {
  const path = `${instancesPath}/${file.path}`;
  if (file.dir) return void (await mkdir(path, { recursive: true }));
  await mkdir(dirname(path), { recursive: true });
  if (file.kind === 'json') return writeFile(path, JSON.stringify(placed(file.content, instancesPath)));
  if (file.kind === 'literal') return writeFile(path, String(file.content));
  if (file.kind !== 'overlay') return writeContent(exec, path, { ...file, kind: file.kind ?? 'raw' });
  const backing = `backing_file=${instancesPath}/${file.backing},backing_fmt=${file.backing_fmt}`;
  const size = file.virtual_size === undefined ? [] : [String(file.virtual_size)];
  await exec('qemu-img', ['create', '-q', '-f', 'qcow2', '-o', backing, path, ...size]);
}

/** Paths for the recordings' placeholders. */
export function placed<T>(value: T, instancesPath: string): T {
  return JSON.parse(JSON.stringify(value).replaceAll('{instances}', instancesPath)) as T;
}

function withClusters(clusterBytes: number): Writer {
  return (exec, path, bytes) => create(exec, 'qcow2', path, bytes, ['-o', `cluster_size=${clusterBytes}`]);
}

async function create(exec: Exec, format: string, path: string, bytes: number, options: readonly string[]) {
  await exec('qemu-img', ['create', '-q', '-f', format, ...options, path, String(bytes)]);
  if (format !== 'qcow2' || options.includes('-b')) return;
  await writeFile(`${path}.marker`, MARKER);
  await exec('qemu-io', ['-f', 'qcow2', '-c', `write -s ${path}.marker 0 512`, path]);
  await rm(`${path}.marker`);
}

async function writeRaw(path: string, bytes: number, change?: (head: Buffer) => void): Promise<void> {
  const head = Buffer.alloc(4096);
  MARKER.copy(head);
  change?.(head);
  await writeFile(path, head);
  await truncate(path, bytes);
}

function partitionTable(head: Buffer, type: number): void {
  Buffer.from([0, 0, 0, 0, type, 0, 0, 0, 1, 0, 0, 0, 0xff, 0x4f, 0, 0]).copy(head, 446);
  head.writeUInt16LE(0xaa55, 510);
}
