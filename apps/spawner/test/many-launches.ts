import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect } from 'vitest';
import { idleKernel } from './idle-kernel.ts';
import type { Tiny } from './integration/lab.ts';
import { type CliResult, uniqueName, type Workspace } from './integration/workspace.ts';

export interface ManyLaunches {
  /** How many guests there are in the end. */
  readonly count: number;
  /** How many processes run at the same time. */
  readonly atOnce: number;
}

/**
 * Launches guests, each by a process of its own, of an image and a kernel that nobody has yet and whose server ends no download
 * before all processes of the first wave want it. Expects that all run, and that each file was asked for once. Answers their
 * names.
 */
export async function launchMany(workspace: Workspace, tiny: Tiny, many: ManyLaunches): Promise<readonly string[]> {
  const { count, atOnce } = many;
  await using server = await imageServer({ '/disk.qcow2': await readFile(tiny.image), '/kernel': idleKernel() });
  const more = `image: { source: ${server.origin}/disk.qcow2, sha256: ${tiny.sha256} }
kernel: { source: ${server.origin}/kernel }
flavor: { memory: 32MiB, disk: 64MiB }
networks: [{ network: spawnkit }]`;
  const names = Array.from({ length: count }, () => uniqueName('many'));
  let wanting = 0;
  const launch = async (name: string): Promise<CliResult> =>
    workspace.cli(['launch', await workspace.spec(name, more)], {
      onStart(child) {
        child.stderr?.on('data', (text: string) => {
          if (/^image\b/m.test(text) && ++wanting === Math.min(atOnce, count)) server.release();
        });
      },
    });
  for (const { code, stderr } of await inWaves(names, atOnce, launch)) expect(code, stderr).toBe(0);
  expect(server.requests.toSorted()).toEqual(['/disk.qcow2', '/kernel']);
  await expectAllRight(workspace, names);
  return names;
}

/** Deletes them the same way. */
export async function deleteMany(workspace: Workspace, names: readonly string[], atOnce: number): Promise<void> {
  const gone = await inWaves(names, atOnce, (name) => workspace.cli(['delete', name]));
  for (const { code, stderr } of gone) expect(code, stderr).toBe(0);
}

interface Listed {
  readonly name: string;
  readonly uuid: string;
  readonly state: string;
  readonly complete: boolean;
}

/** All run, each with a network card and a config drive of its own, and all of one cached image. */
async function expectAllRight(workspace: Workspace, names: readonly string[]): Promise<void> {
  const listed = JSON.parse((await workspace.cli(['list', '--json'])).stdout) as readonly Listed[];
  expect(listed.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
  for (const one of listed) expect(one).toMatchObject({ state: 'RUNNING', complete: true });
  const { instancesPath } = workspace.settings;
  const definitions = listed.map(({ uuid }) => readFileSync(join(instancesPath, uuid, 'libvirt.xml'), 'utf8'));
  const macs = definitions.map((xml) => /<mac address="([^"]+)"/.exec(xml)?.[1]);
  expect(new Set(macs).size).toBe(names.length);
  for (const { uuid } of listed) {
    expect((await readFile(join(instancesPath, uuid, 'disk.config'))).includes(uuid), uuid).toBe(true);
  }
  const whole = readdirSync(join(instancesPath, '_base')).filter((name) => /^[0-9a-f]{40}$/.test(name));
  // The image and its kernel; whatever else is there was half made.
  expect(whole).toHaveLength(2);
}

async function inWaves<T>(names: readonly string[], atOnce: number, run: (name: string) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let first = 0; first < names.length; first += atOnce) {
    results.push(...(await Promise.all(names.slice(first, first + atOnce).map(run))));
  }
  return results;
}

interface ImageServer extends AsyncDisposable {
  readonly origin: string;
  /** Paths that were asked for. */
  readonly requests: readonly string[];
  /** From now on downloads end. */
  release(): void;
}

/** Gives half of a file, and the rest when it is told to. */
async function imageServer(files: Readonly<Record<string, Buffer>>): Promise<ImageServer> {
  const requests: string[] = [];
  const released = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    const bytes = files[path] ?? Buffer.alloc(0);
    requests.push(path);
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, bytes.length / 2));
    void released.promise.then(() => response.end(bytes.subarray(bytes.length / 2)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    requests,
    release: () => released.resolve(),
    async [Symbol.asyncDispose]() {
      released.resolve();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
