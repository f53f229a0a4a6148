import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { hostExec } from '@spawnkit/effects';
import { MARKER } from './recorded-content.ts';

const exec = hostExec();

/**
 * Everything below the instances path in the recordings' form. Left out, as there: lock files; and what only our cache
 * has, the record beside each base.
 */
export async function filesAfter(instancesPath: string, directory = instancesPath): Promise<readonly unknown[]> {
  const entries = (await readdir(directory, { withFileTypes: true })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const shown = entries.filter(({ name }) => name !== 'locks' && !isRecord(directory, name));
  const path = relative(instancesPath, directory);
  if (shown.length === 0 && path !== '') return [{ path: `${path}/`, empty_dir: true }];
  const found = await Promise.all(
    shown.map((entry) => {
      const inside = join(directory, entry.name);
      return entry.isDirectory() ? filesAfter(instancesPath, inside) : fileAfter(instancesPath, inside);
    }),
  );
  return found.flat().toSorted((a, b) => ((a as { path: string }).path < (b as { path: string }).path ? -1 : 1));
}

function isRecord(directory: string, name: string): boolean {
  return directory.endsWith('/_base') && name.endsWith('.json');
}

async function fileAfter(instancesPath: string, file: string): Promise<unknown> {
  const path = relative(instancesPath, file);
  const { size, mode } = await stat(file);
  if (path.endsWith('disk.info'))
    return { path, ...(await notes(file, instancesPath)), mode: `0o${(mode & 0o777).toString(8)}` };
  const head = await headOf(file);
  if (head.subarray(0, 4).toString('latin1') === 'QFI\xfb') return { path, ...(await qcow2Facts(file, instancesPath)) };
  const isMarked = head.subarray(0, MARKER.length).equals(MARKER);
  return { path, size, ...(isMarked ? { content: 'image data' } : {}) };
}

async function notes(file: string, instancesPath: string): Promise<object> {
  const text = (await readFile(file, 'utf8')).replaceAll(instancesPath, '{instances}');
  try {
    return { json: JSON.parse(text) as unknown };
  } catch {
    return { text };
  }
}

async function headOf(file: string): Promise<Buffer> {
  await using handle = await open(file, 'r');
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(16), 0, 16, 0);
  return buffer.subarray(0, bytesRead);
}

async function qcow2Facts(file: string, instancesPath: string): Promise<object> {
  const { stdout } = await exec('qemu-img', ['info', '--output=json', '-f', 'qcow2', file]);
  const info = JSON.parse(stdout) as Record<string, unknown>;
  const backing = info['backing-filename'];
  return {
    format: 'qcow2',
    virtual_size: info['virtual-size'],
    cluster_size: info['cluster-size'],
    ...(typeof backing === 'string'
      ? { backing_file: backing.replace(instancesPath, '{instances}'), backing_format: info['backing-filename-format'] }
      : {}),
  };
}
