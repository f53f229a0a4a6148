import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startLibvirt } from '../../../../packages/image-backend/test/uml/guest-cases.ts';
import { group, volumeNames } from '../../../../packages/image-backend/test/uml/volume-group.ts';
import type { UmlCase } from '../../../../tooling/lab/uml/report-cases.ts';
import { collect, destroy, type Host, listInstances, openHost } from '../../src/index.ts';
import { idleKernel } from '../idle-kernel.ts';
import { failPoints, interruptPoints, killPoints } from '../sweep/points.ts';
import { openStandby, type Point, type Standby } from '../sweep/standby.ts';
import { lvmSettings, tiny } from './lvm-settings.ts';

/** In the machine's own memory. */
const directory = '/run/swept';
const settings = lvmSettings({
  statePath: join(directory, 'state'),
  instancesPath: join(directory, 'state/instances'),
});
const spec = `name: swept
image: ${tiny}/disk.qcow2
kernel: { source: ${directory}/kernel }
flavor: { memory: 32MiB, disk: 64MiB, swap: 16MiB }
`;

/** Sweeps over what happens to disks on a volume group; what comes later is the same for all disks, and only sampled here. */
export const crashCases: readonly UmlCase[] = [
  {
    name: 'at whatever step of its disks a create is killed, interrupted or fails, nothing of it is left',
    async run() {
      await using swept = await openSwept();
      const { standby, host, create } = swept;
      const records = await standby.records(create);
      await deleteWhole(host);
      const clean = await look();
      const chosen = records.filter((at) => /^(?:header|child|committed)|disks$|instance-path$|^done launch/.test(at));
      const commands = chosen.filter((at) => at.startsWith('child '));
      const points = [...killPoints(chosen), ...interruptPoints(commands), ...failPoints(commands)];
      for (const point of points) await expectTakenBack(swept, create, point, clean);
      assert.ok(points.length > 15, `only ${points.length} points: ${records.join(', ')}`);
    },
  },
  {
    name: 'at whatever step a delete is killed, gc removes its volumes',
    async run() {
      await using swept = await openSwept();
      const { standby, host, create } = swept;
      await must(standby, create);
      const records = await standby.records(['delete', 'swept']);
      const clean = await look();
      for (const point of killPoints(records.filter((at) => /^reopened|^child|disks$/.test(at)))) {
        await must(standby, create);
        await die(standby, ['delete', 'swept'], point);
        await collectAll(host);
        await deleteWhole(host);
        assert.deepEqual(await look(), clean, nameOf(point));
      }
    },
  },
  {
    name: 'at whatever step a rebuild is killed, its volumes are as before or as wanted',
    async run() {
      await using swept = await openSwept();
      const { standby, host, create } = swept;
      const rebuild = ['rebuild', 'swept', '--force'];
      await must(standby, create);
      const records = await standby.records(rebuild);
      const whole = await look();
      for (const point of killPoints(records)) {
        await die(standby, rebuild, point);
        await collectAll(host);
        assert.deepEqual(await look(), whole, nameOf(point));
      }
      await deleteWhole(host);
      assert.deepEqual(await volumeNames(), []);
    },
  },
];

interface Swept extends AsyncDisposable {
  readonly standby: Standby;
  readonly host: Host;
  /** Arguments of the command that makes the instance. */
  readonly create: readonly string[];
}

let libvirt: Promise<void> | undefined;

/** A host whose image cache is filled. */
async function openSwept(): Promise<Swept> {
  await (libvirt ??= startLibvirt());
  await mkdir(directory, { recursive: true, mode: 0o711 });
  await writeFile(join(directory, 'kernel'), idleKernel());
  await writeFile(join(directory, 'swept.yaml'), spec);
  await writeFile(join(directory, 'spawner.yaml'), JSON.stringify({ imagesType: 'lvm', imagesVolumeGroup: group }));
  const standby = openStandby({ directory, settings });
  const host = openHost({ settings });
  const create = ['create', join(directory, 'swept.yaml')];
  await must(standby, create);
  await must(standby, ['rebuild', 'swept', '--force']);
  await deleteWhole(host);
  return {
    standby,
    host,
    create,
    async [Symbol.asyncDispose]() {
      await standby[Symbol.asyncDispose]();
      await deleteWhole(host);
      await host[Symbol.asyncDispose]();
    },
  };
}

async function expectTakenBack({ standby, host }: Swept, create: readonly string[], point: Point, clean: unknown) {
  if (['before', 'torn', 'after'].includes(point.moment)) {
    await die(standby, create, point);
    await collectAll(host);
    await deleteWhole(host);
  } else {
    const { code, stderr } = await standby.run(create, point);
    // A command may be over before it is noted, or hurt.
    if (code === 0) await deleteWhole(host);
    else assert.ok([1, 6, 7, 8, 130].includes(code ?? 0), `${nameOf(point)}: exit code ${code}, ${stderr}`);
  }
  assert.deepEqual(await look(), clean, nameOf(point));
}

/** Volumes, what the device mapper shows, domains, and all files of the spawner. */
async function look(): Promise<unknown> {
  const domains = execFileSync('virsh', ['-q', '-c', settings.uri, 'list', '--all', '--name'], { encoding: 'utf8' });
  const mapped = execFileSync('dmsetup', ['ls'], { encoding: 'utf8' });
  const files = await readdir(settings.statePath, { recursive: true });
  return {
    volumes: (await volumeNames()).map((name) => name.replace(/^[0-9a-f-]{36}/, 'UUID')).sort(),
    mapped: mapped.split('\n').length,
    domains: domains.trim(),
    files: files.filter((path) => !path.startsWith('instances/locks/')).sort(),
  };
}

async function must(standby: Standby, args: readonly string[]): Promise<void> {
  const { code, stderr } = await standby.run(args);
  assert.equal(code, 0, `${args.join(' ')}: ${stderr}`);
}

async function die(standby: Standby, args: readonly string[], point: Point): Promise<void> {
  const { signal, code, stderr } = await standby.run(args, point);
  if (code === 0 && point.at.startsWith('child ')) return;
  assert.equal(signal, 'SIGKILL', `${nameOf(point)} was not reached: exit code ${code}, ${stderr}`);
}

async function collectAll(host: Host): Promise<void> {
  const { busy, failed } = await collect(host);
  assert.deepEqual({ busy, failed }, { busy: [], failed: [] });
}

async function deleteWhole(host: Host): Promise<void> {
  for (const instance of await listInstances(host)) {
    assert.ok(instance.committed, `${instance.name} is incomplete, and gc left it`);
    await destroy(host, instance);
  }
}

const nameOf = ({ at, moment }: Point) => `${moment} "${at}"`;
