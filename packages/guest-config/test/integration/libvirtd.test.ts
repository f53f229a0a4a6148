import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  build,
  Capabilities,
  check,
  choiceOf,
  type Devices,
  type Disk,
  Domain,
  DomainCapabilities,
  DomainSnapshot,
  type El,
  MiB,
  Network,
  NetworkFilter,
  parse,
  pci,
  SecretDefinition,
  StoragePool,
  StorageVolume,
} from '../../src/index.ts';
import { firstXmlDifference } from '../same-xml.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../../..');
const obstacle = process.getuid?.() === 0 ? undefined : 'the lab’s libvirtd needs root';
if (obstacle) process.stderr.write(`skipped, documents of a real daemon: ${obstacle}\n`);

async function virsh(...args: readonly string[]): Promise<string> {
  const options = { timeout: 30_000, maxBuffer: 16 * 1024 * 1024 };
  return (await run('virsh', ['--connect', 'qemu:///system', '--quiet', ...args], options)).stdout;
}

async function names(...args: readonly string[]): Promise<readonly string[]> {
  return (await virsh(...args, '--name')).split('\n').filter((name) => name !== '');
}

/** Expects that every field of a document is typed and that it comes back as it was. */
function expectTyped<T>(el: El<T>, xml: string): T {
  expect(check(el, xml)).toEqual([]);
  const value = parse(el, xml, { strict: true });
  expect(firstXmlDifference(xml, build(el, value))).toBeUndefined();
  return value;
}

describe.skipIf(obstacle)('documents of a real daemon', () => {
  let directory: string;

  beforeAll(async () => {
    await run('bash', [join(root, 'tooling/lab/lab'), 'up', 'libvirt'], { cwd: root, timeout: 120_000 });
    directory = await mkdtemp(join(tmpdir(), 'guest-config-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  test('its capabilities and those of its domains', async () => {
    const { host, guests } = expectTyped(Capabilities, await virsh('capabilities'));
    expect(host.topology?.cells.num).toBe(host.topology?.cells.cells?.length);
    expect(guests?.some(({ arch }) => arch.name === host.cpu.arch)).toBe(true);
    for (const machine of ['pc', 'q35']) {
      const capabilities = expectTyped(DomainCapabilities, await virsh('domcapabilities', '--machine', machine));
      expect(choiceOf(capabilities.devices?.disk, 'bus')).toContain('virtio');
    }
  });

  test('its networks and network filters', async () => {
    for (const name of await names('net-list', '--all')) expectTyped(Network, await virsh('net-dumpxml', name));
    const filters = (await virsh('nwfilter-list')).split('\n').flatMap((line) => line.trim().split(/\s+/)[1] ?? []);
    expect(filters).toContain('clean-traffic');
    for (const name of filters) expectTyped(NetworkFilter, await virsh('nwfilter-dumpxml', name));
  });

  test('a guest that we build is defined, and printed with what we said', async () => {
    const guest = aGuest();
    const file = join(directory, 'guest.xml');
    await writeFile(file, build(Domain, guest));
    await virsh('define', '--validate', file);
    try {
      const printed = expectTyped(Domain, await virsh('dumpxml', '--inactive', guest.name));
      expect(printed).toMatchObject({ name: guest.name, vcpu: guest.vcpu, cputune: guest.cputune, metadata: {} });
      expect(printed.devices?.disks).toMatchObject(guest.devices?.disks ?? []);
      expect(printed.qemuCommandline).toEqual(guest.qemuCommandline);
      await writeFile(file, build(Domain, printed));
      await virsh('define', '--validate', file);
    } finally {
      await virsh('undefine', guest.name);
    }
  });
});

describe.skipIf(obstacle)('storage, secrets and snapshots of a real daemon', () => {
  const name = `guest-config-${randomUUID().slice(0, 8)}`;
  let directory: string;

  beforeAll(async () => {
    await run('bash', [join(root, 'tooling/lab/lab'), 'up', 'libvirt'], { cwd: root, timeout: 120_000 });
    directory = await mkdtemp(join(tmpdir(), 'guest-config-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  async function file<T>(el: El<T>, value: NoInfer<T>): Promise<string> {
    expect(check(el, value)).toEqual([]);
    const path = join(directory, `${randomUUID()}.xml`);
    await writeFile(path, build(el, value));
    return path;
  }

  test('a pool and a volume that we build are defined, and printed with what we said', async () => {
    const pool: StoragePool = { type: 'dir', name, target: { path: directory } };
    await virsh('pool-define', '--validate', await file(StoragePool, pool));
    try {
      await virsh('pool-start', name);
      expect(expectTyped(StoragePool, await virsh('pool-dumpxml', name))).toMatchObject(pool);
      const volume: StorageVolume = {
        name: 'disk.qcow2',
        capacity: MiB(16),
        target: { format: { type: 'qcow2' }, compat: '1.1', features: { lazyRefcounts: true } },
      };
      await virsh('vol-create', name, await file(StorageVolume, volume));
      const printed = expectTyped(StorageVolume, await virsh('vol-dumpxml', '--pool', name, volume.name));
      expect(printed).toMatchObject({ type: 'file', target: volume.target, capacity: { value: 16n * 1024n ** 2n } });
      await virsh('vol-delete', '--pool', name, volume.name);
    } finally {
      await virsh('pool-destroy', name).catch(() => undefined);
      await virsh('pool-undefine', name);
    }
  });

  test('a secret that we build is defined, and printed with what we said', async () => {
    const uuid = randomUUID();
    const secret: SecretDefinition = { ephemeral: true, private: true, uuid, usage: { type: 'ceph', name } };
    await virsh('secret-define', '--validate', await file(SecretDefinition, secret));
    try {
      expect(expectTyped(SecretDefinition, await virsh('secret-dumpxml', uuid))).toMatchObject(secret);
    } finally {
      await virsh('secret-undefine', uuid);
    }
  });

  test('a snapshot of a guest is printed with the guest inside it', async () => {
    const image = join(directory, 'image');
    await run('qemu-img', ['create', '-q', '-f', 'qcow2', image, '1M'], { timeout: 30_000 });
    await virsh('define', '--validate', await file(Domain, { ...smallGuest(image), name }));
    try {
      const wish: DomainSnapshot = { name: 'first', description: 'a < b' };
      await virsh('snapshot-create', name, await file(DomainSnapshot, wish));
      const printed = expectTyped(DomainSnapshot, await virsh('snapshot-dumpxml', name, 'first'));
      expect(printed).toMatchObject({ name: 'first', description: 'a < b', state: 'shutoff', domain: { name } });
    } finally {
      await virsh('undefine', '--snapshots-metadata', name);
    }
  });
});

function smallGuest(image: string): Domain {
  const disk: Disk = {
    type: 'file',
    driver: { name: 'qemu', type: 'qcow2' },
    source: { file: image },
    target: { dev: 'vda', bus: 'virtio' },
  };
  const os = { type: { value: 'hvm', arch: 'x86_64', machine: 'q35' } } as const;
  return { type: 'qemu', name: 'small', memory: MiB(64), vcpu: { value: 1 }, os, devices: { disks: [disk] } };
}

function aGuest(): Domain {
  const uuid = randomUUID();
  return {
    type: 'qemu',
    name: `guest-config-${uuid.slice(0, 8)}`,
    uuid,
    description: 'a & b <c>  "d"',
    metadata: { nodes: [{ name: 'n:note', attrs: { 'xmlns:n': 'urn:spawnkit:test' }, kids: ['kept & whole'] }] },
    memory: MiB(256),
    vcpu: { value: 2, placement: 'static', cpuset: [0, 1] },
    cputune: { shares: 1024, vcpuPins: [{ vcpu: 0, cpuset: [0, 1] }], emulatorPin: { cpuset: [0] } },
    sysinfos: [{ type: 'smbios', system: { entries: [{ name: 'manufacturer', value: 'spawnkit' }] } }],
    os: { type: { value: 'hvm', arch: 'x86_64', machine: 'q35' }, boots: [{ dev: 'hd' }], smbios: { mode: 'sysinfo' } },
    features: { acpi: true, apic: {}, vmcoreinfo: { state: true } },
    cpu: {
      mode: 'custom',
      match: 'exact',
      model: { fallback: 'forbid', value: 'qemu64' },
      topology: { sockets: 2, dies: 1, cores: 1, threads: 1 },
    },
    clock: {
      offset: 'utc',
      timers: [
        { name: 'pit', tickpolicy: 'delay' },
        { name: 'rtc', tickpolicy: 'catchup' },
      ],
    },
    onCrash: 'destroy',
    devices: devices(),
    qemuCommandline: { args: [{ value: '-no-user-config' }] },
  };
}

function devices(): Devices {
  return {
    disks: [
      {
        type: 'file',
        device: 'disk',
        driver: { name: 'qemu', type: 'qcow2', cache: 'none', discard: 'unmap' },
        source: { file: '/nowhere/disk' },
        target: { dev: 'vda', bus: 'virtio' },
        iotune: { totalIopsSec: 100 },
        address: pci('0000:02:00.0'),
      },
      {
        type: 'network',
        device: 'disk',
        driver: { name: 'qemu', type: 'raw' },
        source: {
          protocol: 'rbd',
          name: 'volumes/one',
          hosts: [{ name: '192.0.2.1', port: 6789 }],
          auth: { username: 'cinder', secret: { type: 'ceph', uuid: '457eb676-33da-42ec-9a8c-9293d545c337' } },
        },
        target: { dev: 'vdb', bus: 'virtio' },
        serial: 'one',
      },
      { type: 'file', device: 'cdrom', target: { dev: 'sda', bus: 'sata' }, readonly: true },
    ],
    interfaces: [
      {
        type: 'bridge',
        mac: { address: 'fa:16:3e:00:00:01' },
        source: { bridge: 'br-none' },
        model: { type: 'virtio' },
        filterRef: { filter: 'clean-traffic', parameters: [{ name: 'IP', value: '192.0.2.7' }] },
        mtu: { size: 1450 },
      },
    ],
    serials: [{ type: 'pty', log: { file: '/nowhere/console.log', append: false } }],
    channels: [{ type: 'unix', source: { mode: 'bind' }, target: { type: 'virtio', name: 'org.qemu.guest_agent.0' } }],
    graphics: [{ type: 'vnc', autoport: true, listens: [{ type: 'address', address: '127.0.0.1' }] }],
    videos: [{ model: { type: 'virtio' } }],
    rngs: [{ model: 'virtio', backend: { model: 'random', path: '/dev/urandom' } }],
    memballoon: { model: 'virtio', stats: { period: 10 } },
  };
}
