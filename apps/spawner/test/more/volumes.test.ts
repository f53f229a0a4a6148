import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostExec, Secret } from '@spawnkit/effects';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  destroy,
  findInstance,
  type Host,
  openHost,
  parseSpec,
  type ProgressEvent,
  rebootInstance,
  requestFromSpec,
  rescueInstance,
  resizeInstance,
  type SpawnedInstance,
  spawn,
  unrescueInstance,
  waitForConsole,
} from '../../src/index.ts';
import { writeLuksFile } from '../../../../packages/volume/test/luks-file.ts';
import { openLab, root, type Tiny } from '../integration/lab.ts';
import { takeSnapshot } from '../integration/snapshot.ts';
import { openWorkspace, specOf, uniqueName, type Workspace } from '../integration/workspace.ts';

const obstacle = process.getuid?.() === 0 ? undefined : 'the lab’s storage servers need root';
if (obstacle) process.stderr.write(`skipped, guests that boot from volumes: ${obstacle}\n`);

const exec = hostExec();
const run = async (file: string, ...args: readonly string[]) =>
  (await exec(file, args, { cwd: root, timeoutMs: 600_000 })).stdout.trim();
const lab = process.env['SPAWNKIT_LAB'] ?? join(root, '.lab');
const power = { timeoutMs: 1000, force: true };
const passphrase = new Secret(`c4n4ry${randomBytes(8).toString('hex')}`);

describe.skipIf(obstacle)('guests with volumes', () => {
  let tiny: Tiny;
  let workspace: Workspace;
  let host: Host;
  let progress: ProgressEvent[];

  beforeAll(async () => {
    await run('tooling/setup/debian', 'base', 'storage', 'ceph', 'firewall');
    tiny = openLab();
    for (const name of ['ceph', 'storage']) await run('bash', 'tooling/lab/lab', 'up', name);
    workspace = await openWorkspace(tiny);
    const rbdSecretUuid = (await readFile(join(lab, 'ceph/secret-uuid'), 'utf8')).trim();
    progress = [];
    host = openHost({
      settings: { ...workspace.settings, rbdUser: 'nova', rbdSecretUuid },
      onProgress: (event) => progress.push(event),
    });
  }, 900_000);
  afterAll(async () => {
    await host?.[Symbol.asyncDispose]();
    await workspace?.[Symbol.asyncDispose]();
    for (const name of ['storage', 'ceph']) if (!obstacle) await run('bash', 'tooling/lab/lab', 'down', name);
  }, 120_000);

  const ready = (spawned: SpawnedInstance) =>
    waitForConsole(host, spawned, { text: 'TINY-READY', timeoutMs: 180_000, signal: AbortSignal.timeout(200_000) });
  const launched = async (text: string): Promise<SpawnedInstance> => {
    const spec = parseSpec(text.replace(/^image:.*\n/m, ''));
    const spawned = await spawn(host, requestFromSpec({ spec, directory: workspace.directory }));
    await ready(spawned);
    return spawned;
  };
  const consoleOf = async ({ instancePath }: SpawnedInstance) =>
    (await readFile(join(instancePath, 'console.log'), 'utf8')).replaceAll('\r', '');
  const xmlOf = async ({ uuid }: SpawnedInstance) => (await (await host.connect()).domains.byUuid(uuid)).xml();
  /** After a failure it would hold its volume. */
  const gone = async (name: string) => {
    const instance = await findInstance(host, name).catch(() => undefined);
    if (instance) await destroy(host, instance);
  };
  /** All that the spawner has written, but for the image cache. */
  const written = async () => {
    const { statePath } = workspace.settings;
    const entries = await readdir(statePath, { recursive: true, withFileTypes: true });
    const files = entries.filter((one) => one.isFile() && !one.parentPath.includes('_base'));
    const texts = files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1'));
    return (await Promise.all(texts)).join('\n');
  };

  test('one boots from an RBD volume, is rescued, restarted and resized, and leaves the volume', async () => {
    const name = uniqueName('rbd');
    const image = `volumes/${name}`;
    const rbd = (...args: readonly string[]) =>
      run('rbd', ...args, '--id', 'nova', '--conf', join(lab, 'ceph/ceph.conf'));
    await rbd('import', '--no-progress', join(tiny.directory, 'disk.raw'), image);
    try {
      const before = takeSnapshot(workspace);
      const volume = `{ rbd: { image: ${image}, monitors: ['127.0.0.1:16789'] }, boot: true }`;
      const spawned = await launched(
        specOf(name, tiny, `seed: injection\nkeys: ['ssh-ed25519 AAAA me']\nvolumes: [${volume}]\n`),
      );
      expect(await consoleOf(spawned)).toContain(`TINY-IMAGE ${tiny.marker}`);
      expect(progress).toContainEqual({
        type: 'warning',
        message: expect.stringMatching(/nothing is injected into a volume/) as string,
      });
      // Kernel and ramdisk, and no image.
      expect(progress.some((event) => event.type === 'download' && event.source.endsWith('disk.qcow2'))).toBe(false);
      expect(await readdir(spawned.instancePath)).not.toContain('disk');

      const instance = await findInstance(host, name);
      const rescue = { source: { type: 'file', path: tiny.image } } as const;
      await rescueInstance(host, instance, { ...power, image: { source: rescue } });
      expect(await xmlOf(spawned)).toMatch(/disk\.rescue[\s\S]*<boot order='1'\/>/);
      expect(await xmlOf(spawned)).toContain(image);
      await unrescueInstance(host, instance, power);
      await rebootInstance(host, instance, power);
      await expect(resizeInstance(host, instance, { ...power, diskBytes: 1n << 30n })).rejects.toMatchObject({
        code: 'USAGE',
      });
      await resizeInstance(host, instance, { ...power, memoryBytes: 160n << 20n });
      await ready(spawned);
      await destroy(host, spawned);
      expect(takeSnapshot(workspace).domains).toEqual(before.domains);
      expect(await rbd('info', image)).toContain('32 MiB');
    } finally {
      await gone(name);
      await rbd('rm', '--no-progress', image);
    }
  }, 600_000);

  test('one boots from an iSCSI volume with CHAP, opens a LUKS volume, is filtered, and leaves none but the volumes', async () => {
    const name = uniqueName('iscsi');
    const unit = 7;
    const tgt = (...args: readonly string[]) => run('tgtadm', '--control-port', '77', '--lld', 'iscsi', ...args);
    const unitWords = ['--mode', 'logicalunit', '--tid', '1', '--lun', String(unit)];
    await mkdir(join(workspace.directory, 'volumes'), { recursive: true });
    const disk = join(workspace.directory, 'volumes/iscsi.raw');
    await run('cp', join(tiny.directory, 'disk.raw'), disk);
    await tgt('--op', 'new', ...unitWords, '-b', disk);
    try {
      const luks = join(workspace.directory, 'volumes/luks.raw');
      await writeLuksFile(luks, { text: 'spawnkit volume by luks\n', passphrase, keyName: 'passphrase' });
      const before = takeSnapshot(workspace);
      const login = `user: lab, passwordFile: ${join(lab, 'storage/chap')}`;
      const target = `portal: '127.0.0.1:13260', iqn: iqn.2026-11.test.spawnkit:lab, lun: ${unit}`;
      const spec = `
networks: [{ network: spawnkit, filter: true }]
volumes:
  - { iscsi: { ${target}, ${login} }, boot: true }
  - { path: ${luks}, encryption: { keyFile: volumes/passphrase } }
userData: |
  #!/bin/sh
  head -n 1 /dev/vdb
`;
      const spawned = await launched(specOf(name, tiny, spec));
      const shown = await consoleOf(spawned);
      expect(shown).toContain(`TINY-IMAGE ${tiny.marker}`);
      expect(shown).toContain('spawnkit volume by luks');
      expect(shown).toMatch(/TINY-NET eth0 192\.168\.\d+\.\d+/);
      const filter = /<filterref filter='([^']+)'/.exec(await xmlOf(spawned))?.[1] ?? '';
      expect(filter).toMatch(new RegExp(`^nova-instance-${name}-`));
      expect(await run('virsh', '-q', '-c', 'qemu:///system', 'nwfilter-list')).toContain(filter);

      const chap = await readFile(join(lab, 'storage/chap'), 'utf8');
      for (const secret of [chap.trim(), passphrase.reveal()]) expect((await written()).includes(secret)).toBe(false);

      // As after a daemon that has lost its secrets: they are asked for again, and have the names that they had.
      const instance = await findInstance(host, name);
      const conn = await host.connect();
      const needed = [...(await xmlOf(spawned)).matchAll(/<secret type='[^']+' uuid='([^']+)'/g)].map(
        ([, uuid]) => uuid,
      );
      const ours = async () => (await conn.secrets.list()).filter(({ uuid }) => needed.includes(uuid));
      expect(await ours()).toHaveLength(2);
      for (const secret of await ours()) await secret.undefine();
      await rebootInstance(host, instance, power);
      await ready(spawned);
      expect(await ours()).toHaveLength(2);

      await destroy(host, spawned);
      expect(await ours()).toEqual([]);
      expect(takeSnapshot(workspace).domains).toEqual(before.domains);
      expect(await run('virsh', '-q', '-c', 'qemu:///system', 'nwfilter-list')).not.toContain(filter);
      expect((await readFile(disk)).length).toBe(32 << 20);
    } finally {
      await gone(name);
      await tgt('--op', 'delete', ...unitWords);
    }
  }, 600_000);
});
