import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostExec, Secret } from '@spawnkit/effects';
import { type Connection, connect } from '@spawnkit/libvirt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ConnectedVolume,
  createCryptsetup,
  createQemuConnector,
  defaultVolumeConfig,
  libvirtSecrets,
  openVolumes,
  passiveConnector,
  sealSecrets,
  volumeDisk,
  type VolumeRequest,
  type Volumes,
} from '../../src/index.ts';
import { aVolume } from '../a-volume.ts';
import { writeLuksFile } from '../luks-file.ts';
import { downStorage, noStorage, rbd, type StorageLab, upStorage } from '../storage-lab.ts';
import { openShell, tinyGuest } from '../tiny-guest.ts';

if (noStorage) process.stderr.write(`skipped, volumes that QEMU itself opens: ${noStorage}\n`);

/** In the lab's Ceph, of a name that no other test has. */
const image = `volumes/spawnkit-volume-${randomUUID().slice(0, 8)}`;
const passphrase = new Secret('0a1b2c3d4e5f');

describe.skipIf(noStorage)('a guest with volumes that QEMU itself opens', () => {
  let lab: StorageLab;
  let conn: Connection;
  let directory = '';
  let volumes: Volumes;

  beforeAll(async () => {
    lab = await upStorage();
    conn = await connect('qemu:///system');
    directory = await mkdtemp(join(tmpdir(), 'spawnkit-volumes-'));
    const secrets = libvirtSecrets(conn);
    volumes = openVolumes({
      connectors: { qemu: createQemuConnector({ secrets }), gpfs: passiveConnector, rbd: passiveConnector },
      secrets,
      encryptor: createCryptsetup({ exec: hostExec() }),
      keys: { passphrase: async () => passphrase },
      holdsPath: join(directory, 'holds'),
      locksPath: join(directory, 'locks'),
    });
  }, 900_000);
  afterAll(async () => {
    await conn?.[Symbol.asyncDispose]();
    if (directory) await rm(directory, { recursive: true, force: true });
    if (!noStorage) await downStorage();
  });

  const secretsOf = async () => (await conn.secrets.list()).map(({ uuid }) => uuid).toSorted();

  test('reads all of them, and leaves neither secrets nor holds', { timeout: 180_000 }, async () => {
    const before = await secretsOf();
    const ceph = await cephVolume(lab, directory);
    const requests = [...networkVolumes(lab.chap), ceph];
    const connected: ConnectedVolume[] = [];
    try {
      requests.push(await luksVolume(directory));
      for (const [, request] of requests) {
        const connectionInfo = sealSecrets(request.connectionInfo);
        connected.push(await volumes.connect({ ...request, connectionInfo }));
      }
      expect(await secretsOf()).toHaveLength(before.length + 2);
      const disks = connected.map((volume, index) =>
        volumeDisk(volume, { bus: 'virtio', dev: `vd${'abcdef'[index] ?? ''}`, type: 'disk' }, { config }),
      );
      const guest = await conn.domains.createXml(tinyGuest(lab.tiny, disks), { paused: true });
      try {
        using shell = await openShell(guest, AbortSignal.timeout(150_000));
        await guest.resume();
        await shell.ready();
        for (const [index, [name]] of requests.entries()) {
          const line = await shell.run(`head -n 1 /dev/vd${'abcdef'[index] ?? ''}`);
          expect(line).toBe(`spawnkit lab disk by ${name}\n`);
        }
        expect(await shell.run('echo written by a guest | dd of=/dev/vda bs=512 seek=4 conv=fsync 2>/dev/null')).toBe(
          '',
        );
        expect(await shell.run('dd if=/dev/vda bs=512 skip=4 count=1 2>/dev/null | head -n 1')).toBe(
          'written by a guest\n',
        );
        // The guest still needs it.
        const [, luks] = requests.at(-1) ?? [];
        if (luks) await volumes.disconnect(luks);
        expect(await secretsOf()).toHaveLength(before.length + 2);
      } finally {
        await guest.destroy();
      }
    } finally {
      for (const [, request] of requests.toReversed()) await volumes.disconnect(request);
      await rbd('rm', '--no-progress', image);
    }
    expect(await secretsOf()).toEqual(before);
  });
});

const config = { ...defaultVolumeConfig, virtType: 'qemu' };
const id = (index: number) => `2a0a0f6c-babf-454d-b93e-9ac9957b95e${index}`;

function networkVolumes(chap: string): readonly (readonly [string, VolumeRequest])[] {
  const host = (port: number) => ({ hosts: ['127.0.0.1'], ports: [port] });
  const iscsi = { auth_username: 'lab', auth_password: chap };
  const data = {
    nbd: { protocol: 'nbd', name: 'vol1', ...host(13_809) },
    iscsi: { protocol: 'iscsi', name: 'iqn.2026-11.test.spawnkit:lab/1', ...host(13_260), ...iscsi },
    nfs: { protocol: 'nfs', name: '/vols/nfs.raw', hosts: ['127.0.0.1'] },
    http: { protocol: 'http', name: '/http.raw', ...host(13_811), access_mode: 'ro' },
  };
  return Object.entries(data).map(([name, one], index) => {
    return [name, { connectionInfo: aVolume('qemu', one, id(index)), holder: 'the-guest' }] as const;
  });
}

/** An image in the lab's Ceph, with cephx. */
async function cephVolume(lab: StorageLab, directory: string): Promise<readonly [string, VolumeRequest]> {
  const path = join(directory, 'rbd');
  await writeFile(path, 'spawnkit lab disk by rbd\n'.padEnd(1024 * 1024, '\0'));
  await rbd('import', '--no-progress', path, image);
  const data = {
    name: image,
    hosts: ['127.0.0.1'],
    ports: ['16789'],
    auth_enabled: true,
    auth_username: 'nova',
    secret_uuid: lab.cephSecretUuid,
  };
  return ['rbd', { connectionInfo: aVolume('rbd', data, id(8)), holder: 'the-guest' }];
}

/** A volume on a cluster file system, encrypted by LUKS; QEMU opens it with libvirt's secret. */
async function luksVolume(directory: string): Promise<readonly [string, VolumeRequest]> {
  const exec = hostExec();
  const path = join(directory, 'luks');
  await writeLuksFile(path, { text: 'spawnkit lab disk by luks\n', passphrase, keyName: 'key' });
  // QEMU runs as a user of its own.
  await exec('chmod', ['a+rx', directory]);
  await exec('chmod', ['a+rw', path]);
  const connectionInfo = aVolume('gpfs', { device_path: path, name: 'luks' }, id(9));
  const encryption = { provider: 'luks', controlLocation: 'front-end', encryptionKeyId: 'k' };
  return ['luks', { connectionInfo, holder: 'the-guest', encryption }];
}
