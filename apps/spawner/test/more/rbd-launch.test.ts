import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  downCeph,
  imagesIn,
  type LabCeph,
  noCeph,
  removeImage,
  upCeph,
} from '../../../../packages/image-backend/test/ceph.ts';
import {
  deleteImage,
  downGlance,
  glanceEndpoint,
  upGlance,
  uploadImage,
} from '../../../../packages/image-backend/test/glance.ts';
import { consoleShows } from '../integration/console-shows.ts';
import { openLab, type Tiny } from '../integration/lab.ts';
import { takeSnapshot } from '../integration/snapshot.ts';
import { openStandby, type Point } from '../sweep/standby.ts';
import {
  type CliOptions,
  type CliResult,
  openWorkspace,
  testPrefix,
  uniqueName,
  type Workspace,
} from '../integration/workspace.ts';

if (noCeph) process.stderr.write(`skipped, guests on a real Ceph: ${noCeph}\n`);

describe.skipIf(noCeph)('disks in Ceph', () => {
  let tiny: Tiny;
  let workspace: Workspace;
  let ceph: LabCeph;
  let location: string;
  const parent = `${testPrefix}tiny`;

  beforeAll(async () => {
    tiny = openLab();
    ceph = await upCeph();
    workspace = await openWorkspace(tiny);
    await ceph.rbd('import', '--no-progress', join(tiny.directory, 'disk.raw'), `images/${parent}`);
    await ceph.rbd('snap', 'create', '--no-progress', `images/${parent}@snap`);
    await ceph.rbd('snap', 'protect', `images/${parent}@snap`);
    location = `rbd://${ceph.cluster.fsid}/images/${parent}/snap`;
    await configure('rbd', {});
  }, 900_000);
  afterAll(async () => {
    await workspace?.[Symbol.asyncDispose]();
    await removeImage(ceph, `images/${parent}`);
    await downCeph();
  }, 120_000);

  const configFile = (name: string) => join(workspace.directory, `${name}.yaml`);

  async function configure(name: string, settings: Readonly<Record<string, string>>): Promise<void> {
    const { rbdUser, imagesRbdCephConf } = ceph.client;
    const common = {
      imagesType: 'rbd',
      imagesRbdPool: 'vms',
      rbdUser,
      imagesRbdCephConf,
      rbdSecretUuid: ceph.secretUuid,
    };
    await writeFile(configFile(name), JSON.stringify({ tcgTbCacheMib: 64, ...common, ...settings }));
  }

  const cli = (args: readonly string[], options?: CliOptions) =>
    workspace.cli(['--config', configFile('rbd'), ...args], options);

  async function run(...args: readonly string[]): Promise<CliResult> {
    const result = await cli(args);
    expect(result.code, `${args.join(' ')}: ${result.stderr}`).toBe(0);
    return result;
  }

  async function info(name: string): Promise<{ size: number; parent?: { image: string } }> {
    return JSON.parse(await ceph.rbd('info', '--format', 'json', `vms/${name}`)) as { size: number };
  }

  test('a guest boots from a clone with its config drive beside it, is rescued, grown and rebuilt, and leaves the pool as it was', async () => {
    const name = uniqueName('rbd');
    const before = { host: takeSnapshot(workspace), pool: await imagesIn(ceph) };
    const spec = await workspace.spec(name, `image: ${location}\nmetadata: { role: tester }`);
    expect((await run('plan', spec)).stdout).toContain(location);
    expect(await imagesIn(ceph)).toEqual(before.pool);

    const launched = await run('launch', spec, '--wait-for', 'TINY-READY', '--json');
    const { uuid, instancePath } = JSON.parse(launched.stdout) as { uuid: string; instancePath: string };
    const own = async () => (await imagesIn(ceph)).filter((one) => one.startsWith(uuid)).map((one) => one.slice(37));
    const console = await consoleShows(instancePath, 'TINY-READY');
    expect(console).toContain(`TINY-IMAGE ${tiny.marker}`);
    expect(console).toContain(`TINY-ROOT-SIZE ${256 * 1024 * 1024}`);
    expect(console).toMatch(/TINY-META-BEGIN\n.*"role": ?"tester"/s);
    expect(await own()).toEqual(['disk', 'disk.config']);
    expect(await info(`${uuid}_disk`)).toMatchObject({ size: 256 * 1024 * 1024, parent: { image: parent } });
    // The kernel and its ramdisk are files, whose formats are noted there.
    expect((await readdir(instancePath)).filter((one) => one.startsWith('disk'))).toEqual(['disk.info']);
    expect((await run('show', name)).stdout).toContain(`rbd:vms/${uuid}_disk`);

    await run('attach', 'disk', name, '--size', '16MiB');
    expect(await own()).toEqual(['disk', 'disk.config', 'disk.data1']);
    await run('detach', name, 'vdb');
    expect(await own()).toEqual(['disk', 'disk.config']);

    expect(await cli(['snapshot', 'create', name, 'one'])).toMatchObject({ code: 2 });
    await run('rescue', name, '--force');
    expect(await own()).toEqual(['disk', 'disk.config', 'disk.config.rescue', 'disk.rescue']);
    await consoleShows(instancePath, 'Run /init');
    await run('unrescue', name, '--force');
    expect(await own()).toEqual(['disk', 'disk.config']);
    await run('resize', name, '--disk', '300MiB', '--force');
    expect((await info(`${uuid}_disk`)).size).toBe(300 * 1024 * 1024);
    await run('rebuild', name, '--force');
    expect(await consoleShows(instancePath, 'TINY-READY')).toContain(`TINY-IMAGE ${tiny.marker}`);
    expect(await own()).toEqual(['disk', 'disk.config']);
    expect(await info(`${uuid}_disk`)).toMatchObject({ size: 300 * 1024 * 1024, parent: { image: parent } });

    // Where they were made counts, not what the settings say today.
    await run('rescue', name, '--force');
    expect(await workspace.cli(['delete', name])).toMatchObject({ code: 0 });
    expect(await imagesIn(ceph)).toEqual(before.pool);
    expect(takeSnapshot(workspace)).toMatchObject({ secrets: before.host.secrets, domains: [] });
    expect(await readdir(workspace.settings.instancesPath)).not.toContain(uuid);
  });

  test('a spawn and a rebuild that are killed leave the pool and the instance as they were', async () => {
    const name = uniqueName('killed');
    const pool = await imagesIn(ceph);
    const spec = await workspace.spec(name, `image: ${location}`);
    await using standby = openStandby(workspace);
    const killed = (args: readonly string[], point: Point) =>
      standby.run(['--config', configFile('rbd'), ...args], point);
    const launching = killed(['launch', spec], { at: 'intent launch', moment: 'before' });
    expect(await launching).toMatchObject({ signal: 'SIGKILL' });
    expect(await imagesIn(ceph)).not.toEqual(pool);
    await run('gc');
    expect(await imagesIn(ceph)).toEqual(pool);

    const { uuid } = JSON.parse((await run('create', spec, '--json')).stdout) as { uuid: string };
    await ceph.rbd('snap', 'create', '--no-progress', `vms/${uuid}_disk@mine`);
    const snapshots = async () => ceph.rbd('snap', 'ls', '--format', 'json', `vms/${uuid}_disk`);
    const mine = await snapshots();
    const whole = await imagesIn(ceph);
    for (const at of ['done changed-disks', 'done files', 'intent redefine']) {
      expect(await killed(['rebuild', name], { at, moment: 'after' })).toMatchObject({ signal: 'SIGKILL' });
      await run('gc');
      expect(await imagesIn(ceph), at).toEqual(whole);
      expect(await snapshots(), at).toEqual(mine);
    }
    const kept = JSON.parse((await run('delete', name, '--keep-disks', '--json')).stdout) as object;
    expect(kept).toMatchObject({ deleted: [{ name, kept: [`rbd:vms/${uuid}_disk`] }] });
    expect(await imagesIn(ceph)).toEqual([...pool, `${uuid}_disk`].sort());
    await removeImage(ceph, `vms/${uuid}_disk`);
  });

  test('an image of Glance is cloned where it lies in Ceph, and downloaded with the reason where it cannot be', async () => {
    await upGlance('rbd');
    const ids = [
      await uploadImage(join(tiny.directory, 'disk.raw'), 'raw'),
      await uploadImage(join(tiny.directory, 'disk.qcow2'), 'qcow2'),
    ] as const;
    try {
      for (const [index, id] of ids.entries()) {
        const name = uniqueName('glance');
        const image = `glance+${glanceEndpoint}/${id}`;
        const launched = await run('--verbose', 'launch', await workspace.spec(name, `image: ${image}`), '--json');
        const { uuid } = JSON.parse(launched.stdout) as { uuid: string };
        expect((await info(`${uuid}_disk`)).parent?.image).toBe(index === 0 ? id : undefined);
        expect(launched.stderr.includes('image is not cloned')).toBe(index === 1);
        await run('delete', name);
      }
    } finally {
      for (const id of ids) await deleteImage(id);
      await downGlance();
    }
  });

  test('an image in Ceph is exported for disks that are files', async () => {
    const { rbdUser, imagesRbdCephConf } = ceph.client;
    const client = { imagesType: 'qcow2', rbdUser: rbdUser ?? '', imagesRbdCephConf: imagesRbdCephConf ?? '' };
    await configure('files', client);
    const pulled = await workspace.cli(['--config', configFile('files'), 'image', 'pull', location]);
    expect(pulled.code, pulled.stderr).toBe(0);
    expect(await readdir(join(workspace.settings.instancesPath, '_base'))).not.toContainEqual(
      expect.stringMatching(/exported/),
    );
  });

  test('what is missing is told by doctor, and before anything is touched by launch', async () => {
    const uuid = '00000000-0000-4000-8000-000000000000';
    await configure('no-secret', { rbdSecretUuid: uuid });
    await configure('no-pool', { imagesRbdPool: 'none' });
    const spec = await workspace.spec(uniqueName('refused'), `image: ${location}`);
    const pool = await imagesIn(ceph);
    for (const [name, code, said] of [
      ['no-secret', 5, `secret ${uuid} is not known`],
      ['no-pool', 75, 'pool'],
    ] as const) {
      const refused = await workspace.cli(['--config', configFile(name), 'launch', spec]);
      expect(refused, refused.stderr).toMatchObject({ code });
      expect(refused.stderr).toContain(said);
      const examined = await workspace.cli(['--config', configFile(name), 'doctor', '--json']);
      expect(examined.stdout).toMatch(/"check": "storage"[^}]*"verdict": "missing"/);
    }
    expect(await imagesIn(ceph)).toEqual(pool);
    const examined = await cli(['doctor', '--json']);
    expect(examined.stdout.match(/"check": "storage"[^}]*"verdict": "good"/g)).toHaveLength(3);
  });
});
