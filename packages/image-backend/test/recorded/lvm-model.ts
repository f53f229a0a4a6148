import { copyFile, mkdir, open, rename, rm, symlink, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { EffectsError, type Exec, type ExecOptions, type ExecResult, hostExec } from '@spawnkit/effects';

/** A volume group whose volumes are files below a directory that stands for `/dev`. */
export interface LvmModel {
  /** What each volume has: its bytes by the path that it has below `/dev`; pools of sparse volumes are left out. */
  readonly volumes: () => Readonly<Record<string, number>>;
  /** Paths of decrypted devices. */
  readonly maps: () => readonly string[];
  /** Names of all volumes, pools among them. */
  readonly names: () => readonly string[];
  /** Answers LVM's programs and those that work on devices; the others run. */
  readonly exec: (others: Exec) => Exec;
}

export interface LvmModelOptions {
  /** Stands for `/dev`. */
  readonly devicesPath: string;
  readonly group: string;
  /** Paths below `/dev` → bytes. */
  readonly lvs?: Readonly<Record<string, number>>;
  readonly freeBytes?: number;
}

interface ModelVolume {
  bytes: number;
  readonly kind: 'thick' | 'thin' | 'pool';
  pool?: string;
  origin?: string;
}

const MiB = 1024 ** 2;
const ATTRIBUTES = { thick: '-wi-a-----', thin: 'Vwi-a-tz--', pool: 'twi-a-tz--' } as const;
/** What the volume's last owner left. */
const JUNK = Buffer.alloc(64 * 1024, 0xaa);
const real = hostExec();

export async function lvmModel({ devicesPath, group, lvs = {}, freeBytes }: LvmModelOptions): Promise<LvmModel> {
  const volumes = new Map<string, ModelVolume>();
  const maps = new Map<string, string>();
  const file = (name: string) => join(devicesPath, group, name);
  const map = (name: string) => join(devicesPath, 'mapper', name);
  let free = freeBytes ?? Number.MAX_SAFE_INTEGER;
  await mkdir(join(devicesPath, 'mapper'), { recursive: true });
  await mkdir(join(devicesPath, group), { recursive: true });
  for (const [path, bytes] of Object.entries(lvs)) await add(path.split('/').at(-1) ?? '', { bytes, kind: 'thick' });

  async function add(name: string, volume: ModelVolume): Promise<void> {
    if (volumes.has(name)) throw refused(`Logical Volume "${name}" already exists in volume group "${group}"`);
    volumes.set(name, volume);
    if (volume.kind === 'pool') return;
    await using handle = await open(file(name), 'w+');
    await handle.truncate(volume.bytes);
    if (volume.kind !== 'thick') return;
    await handle.write(JUNK, 0, JUNK.length, 0);
    await handle.write(JUNK, 0, JUNK.length, volume.bytes - JUNK.length);
  }

  function take(bytes: number): void {
    if (bytes > free) {
      const extents = `(${Math.floor(free / MiB)} extents): ${bytes / MiB} required.`;
      throw refused(`Volume group "${group}" has insufficient free space ${extents}`);
    }
    free -= bytes;
  }

  function find(spec: string): ModelVolume {
    const found = volumes.get(nameIn(spec));
    if (!found) throw refused(`Failed to find logical volume "${spec}"`);
    return found;
  }

  async function create(args: readonly string[]): Promise<void> {
    const name = after(args, '-n') ?? '';
    if (args.includes('-s')) return snapshot(args.at(-1) ?? '', name);
    const bytes = wholeExtents(after(args, '-L'));
    const virtual = after(args, '--virtualsize');
    take(bytes);
    if (virtual === undefined) return add(name, { bytes, kind: 'thick' });
    const pool = after(args, '--thinpool') ?? '';
    await add(pool, { bytes, kind: 'pool' });
    await add(name, { bytes: wholeExtents(virtual), kind: 'thin', pool });
  }

  async function snapshot(of: string, name: string): Promise<void> {
    const { bytes, kind, pool } = find(of);
    if (kind !== 'thin') take(bytes);
    await add(name, { bytes, kind, ...(pool ? { pool } : {}), origin: nameIn(of) });
    await copyFile(file(nameIn(of)), file(name));
  }

  async function extend(spec: string, size: string | undefined): Promise<void> {
    const volume = find(spec);
    const bytes = wholeExtents(size);
    if (volume.kind !== 'thin') take(bytes - volume.bytes);
    volume.bytes = bytes;
    await truncate(file(nameIn(spec)), bytes);
  }

  async function remove(name: string): Promise<void> {
    const { bytes, kind } = find(name);
    if ([...maps.values()].includes(name)) throw refused(`Logical volume ${group}/${name} in use.`);
    for (const [other, one] of volumes) {
      if (one.pool === name || (one.origin === name && one.kind === 'thick')) await remove(other);
    }
    volumes.delete(name);
    if (kind !== 'thin') free += bytes;
    await rm(file(name), { force: true });
  }

  async function giveName(from: string, to: string): Promise<void> {
    const volume = find(from);
    if (volumes.has(to)) throw refused(`Logical Volume "${to}" already exists in volume group "${group}"`);
    volumes.delete(from);
    volumes.set(to, volume);
    if (volume.kind !== 'pool') await rename(file(from), file(to));
    for (const [name, of] of maps) if (of === from) await openMap(name, to);
    for (const one of volumes.values()) {
      if (one.origin === from) one.origin = to;
      if (one.pool === from) one.pool = to;
    }
  }

  /** The origin is what the snapshot was, and the snapshot is gone. */
  async function merge(spec: string): Promise<void> {
    const { origin = '' } = find(spec);
    await copyFile(file(nameIn(spec)), file(origin));
    await remove(nameIn(spec));
  }

  async function openMap(name: string, of: string): Promise<void> {
    await rm(map(name), { force: true });
    await symlink(file(of), map(name));
    maps.set(name, of);
  }

  async function crypt([verb, name = '', device = '']: readonly string[]): Promise<void> {
    if (verb === 'create') await openMap(name, device.split('/').at(-1) ?? '');
    if (verb === 'close') {
      maps.delete(name);
      await rm(map(name), { force: true });
    }
  }

  async function renameMap([from = '', to = '']: readonly string[]): Promise<void> {
    const of = maps.get(from) ?? '';
    await crypt(['close', from]);
    await openMap(to, of);
  }

  function listMaps(): string {
    return [...maps.keys()].map((name) => `${name}\t(254:0)\n`).join('') || 'No devices found\n';
  }

  async function zero(args: readonly string[]): Promise<void> {
    const range = ['--offset', after(args, '--offset') ?? '0', '--length', after(args, '--length') ?? ''];
    await real('fallocate', ['--punch-hole', ...range, args.at(-1) ?? '']);
  }

  async function answer(program: string, args: readonly string[]): Promise<string> {
    const last = args.at(-1) ?? '';
    const asked = program === 'lvs' || program === 'vgs' ? last : group;
    if (asked !== group) throw refused(`Volume group "${asked}" not found`);
    if (program === 'vgs') return report('vg', [{ vg_extent_size: `${MiB}`, vg_free: `${free}` }]);
    if (program === 'lvs') return report('lv', [...volumes].map(rowOf));
    if (program === 'lvcreate') await create(args);
    if (program === 'lvextend') await extend(last, after(args, '-L'));
    if (program === 'lvremove') await remove(nameIn(last));
    if (program === 'lvrename') await giveName(args[1] ?? '', last);
    if (program === 'lvconvert') await merge(last);
    if (program === 'cryptsetup') await crypt(args);
    if (program === 'dmsetup' && args[0] === 'ls') return listMaps();
    if (program === 'dmsetup') await renameMap(args.slice(-2));
    if (program === 'blkdiscard') await zero(args);
    return '';
  }

  return {
    names: () => [...volumes.keys()],
    volumes: () =>
      Object.fromEntries(
        [...volumes].flatMap(([name, { bytes, kind }]) => (kind === 'pool' ? [] : [[`/dev/${group}/${name}`, bytes]])),
      ),
    maps: () => [...maps.keys()].map((name) => `/dev/mapper/${name}`),
    exec:
      (others) =>
      async (program, args, options = {}) => {
        // Not every file system knows O_DIRECT, which every device does.
        if (program === 'qemu-img') return others(program, without(args, '-t'), options);
        if (!PROGRAMS.has(program)) return others(program, args, options);
        options.signal?.throwIfAborted();
        return answered(program, args, options, () => answer(program, args));
      },
  };
}

const PROGRAMS: ReadonlySet<string> = new Set([
  'lvs',
  'vgs',
  'lvcreate',
  'lvextend',
  'lvremove',
  'lvrename',
  'lvconvert',
  'cryptsetup',
  'dmsetup',
  'blkdiscard',
]);

/** What LVM's programs say when they refuse something. */
class Refusal extends Error {}

function refused(stderr: string): Refusal {
  return new Refusal(stderr);
}

async function answered(
  file: string,
  args: readonly string[],
  _: ExecOptions,
  run: () => Promise<string>,
): Promise<ExecResult> {
  try {
    return { stdout: await run(), stderr: '', exitCode: 0 };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const stderr = `  ${error.message}`;
    throw new EffectsError('EXEC_FAILED', `${file} failed: ${stderr}`, { file, args, exitCode: 5, stderr });
  }
}

function rowOf([name, { bytes, kind }]: [string, ModelVolume]): object {
  return { lv_name: name, lv_size: `${bytes}`, lv_attr: ATTRIBUTES[kind] };
}

function report(kind: string, rows: readonly object[]): string {
  return JSON.stringify({ report: [{ [kind]: rows }] });
}

function after(args: readonly string[], flag: string): string | undefined {
  const at = args.indexOf(flag);
  return at < 0 ? undefined : args[at + 1];
}

function without(args: readonly string[], flag: string): readonly string[] {
  const at = args.indexOf(flag);
  return at < 0 ? args : [...args.slice(0, at), ...args.slice(at + 2)];
}

function wholeExtents(size: string | undefined): number {
  return Math.ceil(Number(size?.replace(/b$/, '')) / MiB) * MiB;
}

function nameIn(spec: string): string {
  return spec.split('/').at(-1) ?? '';
}
