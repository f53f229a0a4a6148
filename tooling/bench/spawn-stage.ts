import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  destroyInstance,
  type Host,
  openHost,
  parseSpec,
  requestFromSpec,
  type Settings,
  spawn,
  type SpawnedInstance,
  type SpawnRequest,
} from '../../apps/spawner/src/index.ts';
import type { Connection, Domain } from '../../packages/libvirt/src/index.ts';

const root = join(import.meta.dirname, '../..');
const tiny = process.env['SPAWNKIT_TINY'] ?? join(root, '.lab/tiny');
const MiB = 1024 ** 2;

/** What the contenders work on: a place on a real disk, an image cache that is hot, an open connection. */
export interface SpawnStage extends AsyncDisposable {
  readonly directory: string;
  readonly settings: Settings;
  readonly conn: Connection;
  /** A specification of the tiny guest. */
  readonly spec: (name: string, options?: GuestOptions) => string;
  readonly request: (name: string, options?: GuestOptions) => SpawnRequest;
  /** A guest with disks that stay, which libvirt does not know at the moment. */
  prepared(options?: GuestOptions): Promise<PreparedGuest>;
}

export interface GuestOptions {
  readonly configDrive?: boolean;
  /** Instead of the guest's own, which is small and in the cache. */
  readonly image?: string;
}

export interface PreparedGuest {
  readonly spawned: SpawnedInstance;
  /** What spawnkit defines for it. */
  readonly xml: string;
}

/** Starts the lab's libvirt and fills the image cache. Needs root. */
export async function openStage(): Promise<SpawnStage> {
  execFileSync(join(root, 'tooling/lab/lab'), ['up', 'libvirt'], { stdio: ['ignore', 2, 2] });
  execFileSync('bash', [join(root, 'tooling/lab/tiny')], { stdio: ['ignore', 'ignore', 2] });
  // Where QEMU's user can reach it, and on a real disk: fsync costs nothing on a tmpfs.
  const directory = await mkdtemp('/var/tmp/spawnkit-bench-');
  await chmod(directory, 0o711);
  const settings = settingsIn(directory);
  const host = openHost({ settings });
  const conn = await host.connect();
  const kept: SpawnedInstance[] = [];
  const request = (name: string, options?: GuestOptions) =>
    requestFromSpec({ spec: parseSpec(specOf(name, options)), directory: tiny });
  return {
    directory,
    settings,
    conn,
    spec: specOf,
    request,
    async prepared(options) {
      const guest = await prepare(host, conn, request(uniqueName('floor'), options));
      kept.push(guest.spawned);
      return guest;
    },
    async [Symbol.asyncDispose]() {
      for (const spawned of kept) await destroyInstance(host, spawned);
      await host[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Nobody else's, neither in another run nor in this one. */
export function uniqueName(what: string): string {
  return `bench-${what}-${randomBytes(4).toString('hex')}`;
}

/** Ends a domain at once, and makes libvirt forget it. */
export async function removeDomain(domain: Domain): Promise<void> {
  await domain.destroy();
  await domain.undefine();
}

/** Nothing but random bytes behind a partition table, so that it is known for a disk. */
export async function writeImage(path: string, mebibytes: number): Promise<void> {
  const image = randomBytes(mebibytes * MiB);
  image.fill(0, 0, 512);
  image.set([0x80, 0, 0, 0, 0x83, 0, 0, 0, 1, 0, 0, 0, 0xff, 0xff, 1, 0], 446);
  image.writeUInt16LE(0xaa55, 510);
  await writeFile(path, image);
}

async function prepare(host: Host, conn: Connection, request: SpawnRequest): Promise<PreparedGuest> {
  const spawned = await spawn(host, request);
  const xml = await readFile(join(spawned.instancePath, 'libvirt.xml'), 'utf8');
  await removeDomain(await conn.domains.byUuid(spawned.uuid));
  return { spawned, xml };
}

function specOf(name: string, { configDrive = false, image = join(tiny, 'disk.qcow2') }: GuestOptions = {}): string {
  return `
name: ${name}
image: { source: ${image} }
kernel: { source: ${tiny}/vmlinuz, ramdisk: ${tiny}/initramfs.img, commandLine: console=ttyS0 }
flavor: { memory: 128MiB, disk: 256MiB }
networks: [{ network: spawnkit }]
configDrive: ${configDrive}
`;
}

function settingsIn(directory: string): Settings {
  return {
    uri: 'qemu:///system',
    statePath: directory,
    instancesPath: join(directory, 'instances'),
    imagesType: 'qcow2',
    virtType: 'auto',
    tcgTbCacheMib: 64,
    startTimeoutS: 60,
    vifPluggingTimeoutS: 60,
    vifPluggingIsFatal: true,
  };
}
