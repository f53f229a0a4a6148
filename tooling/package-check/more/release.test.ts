import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../packed.ts';
import { compileExample, firstExample, runExample } from '../readme-example.ts';
import { type Manifest, openRegistry, type Registry } from '../registry.ts';
import { copyWorkspace, publishedManifests } from '../workspace-copy.ts';

const execute = promisify(execFile);
/** The leaf that is patched: others build on it, and not all. */
const leaf = '@spawnkit/blockinfo';
const exact = /^\d+\.\d+\.\d+$/;

/** Packages of the checkout, by name. */
const names = (await publishedManifests(root)).map(({ name }) => name);

describe('packages are released one by one', () => {
  let directory = '';
  let copy = '';
  let registry: Registry;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'spawnkit-release-'));
    copy = join(directory, 'checkout');
    registry = await openRegistry(join(directory, 'registry'));
    await copyWorkspace(copy);
    await writeFile(join(copy, '.npmrc'), registry.npmrc);
  });
  afterAll(async () => {
    await registry?.[Symbol.asyncDispose]();
    if (directory) await rm(directory, { recursive: true, force: true });
  });

  /** What somebody does who makes a release. */
  async function release(): Promise<void> {
    await changeset('version');
    await execute('git', ['commit', '--quiet', '--all', '--message', 'Release'], { cwd: copy });
    await changeset('publish');
  }

  async function changeset(command: string): Promise<void> {
    const program = join(copy, 'node_modules/@changesets/cli/bin.js');
    await execute(process.execPath, [program, command], { cwd: copy, timeout: 120_000 });
  }

  /** Version of each package, as the registry has it. */
  async function published(): Promise<Readonly<Record<string, string | undefined>>> {
    const found = await Promise.all(names.map(async (name) => [name, (await registry.newest(name))?.version] as const));
    return Object.fromEntries(found);
  }

  async function manifestOf(name: string): Promise<Manifest> {
    const manifest = await registry.newest(name);
    if (!manifest) throw new Error(`${name} is not published`);
    return manifest;
  }

  test('the first release publishes every package, and no protocol of the workspace', async () => {
    await release();
    const wanted = (await publishedManifests(copy)).map(({ name, version }) => [name, version]);
    expect(await published()).toEqual(Object.fromEntries(wanted));
    for (const name of names) {
      const ranges = Object.values((await manifestOf(name)).dependencies ?? {});
      expect(ranges.filter((range) => /^(workspace|catalog|file|link):/.test(range))).toEqual([]);
    }
  });

  test('a patched leaf moves itself and what builds on it, and nothing else', async () => {
    const before = await published();
    const moving = dependentsOf(leaf, await publishedManifests(copy));
    expect(moving.size).toBeGreaterThan(1);
    expect(moving.size).toBeLessThan(names.length);
    await writeFile(join(copy, '.changeset/leaf.md'), `---\n"${leaf}": patch\n---\n\nMends a mistake.\n`);
    await release();
    const after = await published();
    expect(after).toEqual(Object.fromEntries(names.map((name) => [name, moved(before[name], moving.has(name))])));
    // What moved asks for what moved, so that nobody installs the one without the other.
    for (const name of moving) {
      for (const [dependency, range] of Object.entries((await manifestOf(name)).dependencies ?? {})) {
        if (moving.has(dependency)) expect(range.replace('^', '')).toBe(after[dependency]);
      }
    }
    const { stdout } = await execute('git', ['tag', '--points-at', 'HEAD'], { cwd: copy });
    expect(new Set(stdout.trim().split('\n'))).toEqual(new Set([...moving].map((name) => `${name}@${after[name]}`)));
  });

  test.for(names)('%s installs alone into an empty project, and its example runs there', async (name) => {
    const short = name.replace('@spawnkit/', '');
    const project = await emptyProject(short);
    await npm(project, 'install', '--no-package-lock', name);
    const installed = join(project, 'node_modules', name);
    const readme = await readFile(join(installed, 'README.md'), 'utf8');
    const place = { directory: project, name: `example-of-${short}` };
    await compileExample(firstExample(readme), place);
    if (/^```ts daemon$/m.test(readme)) startLibvirt();
    await runExample(process.execPath, place);
    expect(existsSync(join(installed, 'LICENSE'))).toBe(true);
  });

  test('npx runs the app, whose libraries are pinned', async () => {
    const { stdout } = await npm(await emptyProject('npx'), 'exec', '--yes', '--', '@spawnkit/spawner', '--version');
    const app = await manifestOf('@spawnkit/spawner');
    expect(stdout).toBe(`${app.version}\n`);
    expect(Object.entries(app.dependencies ?? {}).filter(([, range]) => !exact.test(range))).toEqual([]);
  });

  /** Beside it lie Node's types, which an example that is compiled needs. */
  async function emptyProject(name: string): Promise<string> {
    const types = join(directory, 'projects/node_modules/@types');
    await mkdir(types, { recursive: true });
    if (!existsSync(join(types, 'node'))) await symlink(join(root, 'node_modules/@types/node'), join(types, 'node'));
    const project = join(directory, 'projects', name);
    await mkdir(project);
    await writeFile(join(project, '.npmrc'), registry.npmrc);
    await writeFile(join(project, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }\n');
    return project;
  }

  /** With a cache of its own for what this registry has: its versions will mean other packages the next time. */
  function npm(project: string, command: string, ...args: readonly string[]) {
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error', `--cache=${join(directory, 'npm-cache')}`];
    return execute('npm', [command, ...quiet, ...args], { cwd: project, timeout: 120_000 });
  }
});

function startLibvirt(): void {
  execFileSync('bash', [join(root, 'tooling/lab/lab'), 'up', 'libvirt', '--no-network'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** A package and whatever builds on it, by the edges of the manifests. */
function dependentsOf(name: string, manifests: readonly Manifest[]): ReadonlySet<string> {
  const found = new Set([name]);
  for (const one of found) {
    for (const manifest of manifests) if (one in (manifest.dependencies ?? {})) found.add(manifest.name);
  }
  return found;
}

/** The next patch release where it moves. */
function moved(version: string | undefined, moves: boolean): string | undefined {
  return moves ? version?.replace(/\d+$/, (patch) => String(Number(patch) + 1)) : version;
}
