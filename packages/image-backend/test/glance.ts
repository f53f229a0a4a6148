import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');

/** The lab's Glance: no identity service, no token. */
export const glanceEndpoint = 'http://127.0.0.1:19292';

/** Installs what is missing, and starts the service with its images in files or in the lab's Ceph. */
export async function upGlance(store: 'file' | 'rbd'): Promise<void> {
  await run(join(root, 'tooling/setup/debian'), ['base', 'glance'], { timeout: 600_000 });
  const options = store === 'rbd' ? ['--rbd'] : [];
  await run('bash', [join(root, 'tooling/lab/lab'), 'up', 'glance', ...options], { timeout: 120_000 });
}

export async function downGlance(): Promise<void> {
  await run('bash', [join(root, 'tooling/lab/lab'), 'down', 'glance'], { timeout: 60_000 });
}

/** Gives the service a file; the new image's id. */
export async function uploadImage(path: string, diskFormat: string): Promise<string> {
  const fields = { name: 'spawnkit test', disk_format: diskFormat, container_format: 'bare' };
  const created = await send('POST', '/v2/images', 'application/json', JSON.stringify(fields));
  const { id } = (await created.json()) as { id: string };
  await send('PUT', `/v2/images/${id}/file`, 'application/octet-stream', await readFile(path));
  return id;
}

export async function deleteImage(id: string): Promise<void> {
  await send('DELETE', `/v2/images/${id}`, 'application/json');
}

async function send(method: string, path: string, type: string, body?: string | Buffer): Promise<Response> {
  const response = await fetch(`${glanceEndpoint}${path}`, {
    method,
    headers: { 'content-type': type },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : new Uint8Array(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response;
}
