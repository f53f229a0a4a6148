import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hostExec, Secret } from '@spawnkit/effects';
import { build, Domain, MiB } from '@spawnkit/guest-config';
import { type Connection, connect } from '@spawnkit/libvirt';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  createCryptsetup,
  defaultVolumeConfig,
  libvirtKeySource,
  libvirtSecrets,
  openVolumes,
  passiveConnector,
  volumeDisk,
  type Volumes,
} from '../../src/index.ts';
import { aVolume } from '../a-volume.ts';

const obstacle = process.getuid?.() === 0 ? undefined : 'the lab’s libvirtd needs root';
if (obstacle) process.stderr.write(`skipped, secrets of a real daemon: ${obstacle}\n`);

const root = join(import.meta.dirname, '../../../..');

describe.skipIf(obstacle)('a LUKS volume and libvirt’s secrets', () => {
  let conn: Connection;
  let directory = '';
  let volumes: Volumes;
  let id = '';
  let keyId = '';
  let before: readonly string[] = [];

  const uuids = async () => (await conn.secrets.list()).map(({ uuid }) => uuid).toSorted();

  beforeAll(async () => {
    const lab = ['tooling/lab/lab', 'up', 'libvirt', '--no-network'];
    await promisify(execFile)('bash', lab, { cwd: root, timeout: 120_000 });
    conn = await connect('qemu:///system');
  });
  afterAll(() => conn?.[Symbol.asyncDispose]());

  beforeEach(async () => {
    before = await uuids();
    [id, keyId] = [randomUUID(), randomUUID()];
    directory = await mkdtemp(join(tmpdir(), 'spawnkit-secrets-'));
    await writeFile(
      join(directory, 'luks'),
      Buffer.concat([Buffer.from('LUKS\xba\xbe', 'latin1'), Buffer.alloc(4096)]),
    );
    // The passphrase is in a secret of the operator's, as a key manager would have it.
    const key = await conn.secrets.define(`<secret ephemeral='yes'><uuid>${keyId}</uuid></secret>`);
    await key.setValue(new TextEncoder().encode('c4n4ry'));
    volumes = openVolumes({
      connectors: { gpfs: passiveConnector },
      secrets: libvirtSecrets(conn),
      encryptor: createCryptsetup({ exec: hostExec() }),
      keys: libvirtKeySource(conn),
      holdsPath: join(directory, 'holds'),
      locksPath: join(directory, 'locks'),
    });
  });
  afterEach(async () => {
    await (await conn.secrets.byUuid(keyId)).undefine();
    await rm(directory, { recursive: true });
    expect(await uuids()).toEqual(before);
  });

  const request = (holder: string) => ({
    connectionInfo: aVolume('gpfs', { device_path: join(directory, 'luks') }, id),
    holder,
    encryption: { provider: 'luks', controlLocation: 'front-end', encryptionKeyId: keyId },
  });

  test('the secret is made once, is private, and goes with the last guest', async () => {
    const first = await volumes.connect(request('first'));
    const second = await volumes.connect(request('second'));
    expect(second.luksSecretUuid).toBe(first.luksSecretUuid);
    const secret = await conn.secrets.byUsage('VOLUME', id);
    expect(secret.uuid).toBe(first.luksSecretUuid);
    expect(await secret.xml()).toContain("private='yes'");
    await expect(secret.value()).rejects.toMatchObject({ codeName: 'INVALID_SECRET' });
    await volumes.disconnect(request('first'));
    expect(await uuids()).toContain(first.luksSecretUuid);
    await volumes.disconnect(request('second'));
  });

  test('the secret stays while a domain that is defined needs it', async () => {
    const connected = await volumes.connect(request('first'));
    const place = { bus: 'virtio', dev: 'vda', type: 'disk' } as const;
    const disk = volumeDisk(connected, place, { config: { ...defaultVolumeConfig, virtType: 'qemu' } });
    const domain = await conn.domains.define(
      build(Domain, {
        type: 'qemu',
        name: `spawnkit-volume-${id.slice(0, 8)}`,
        memory: MiB(64),
        os: { type: { value: 'hvm', arch: 'x86_64' } },
        devices: { disks: [disk] },
      }),
    );
    try {
      await volumes.disconnect(request('first'));
      expect(await uuids()).toContain(connected.luksSecretUuid);
    } finally {
      await domain.undefine();
    }
    await volumes.disconnect(request('first'));
  });

  test('that the daemon cannot be asked does not mean that there is no secret', async () => {
    const lost = await connect('qemu:///system');
    await lost[Symbol.asyncDispose]();
    await expect(libvirtSecrets(lost).find({ type: 'volume', id })).rejects.toMatchObject({ code: 'CLOSED' });
    expect(await libvirtSecrets(conn).find({ type: 'volume', id })).toBeUndefined();
  });

  test('nothing is left when the caller aborts while the secret is made, or the key is not told', async () => {
    const secrets = libvirtSecrets(conn);
    const abort = new AbortController();
    const creating = secrets.create({ type: 'volume', id }, new Secret('c4n4ry'), { signal: abort.signal });
    abort.abort(new Error('changed my mind'));
    await expect(creating).rejects.toThrow('changed my mind');
    expect(await secrets.find({ type: 'volume', id })).toBeUndefined();
    const unknown = {
      ...request('first'),
      encryption: { ...request('first').encryption, encryptionKeyId: randomUUID() },
    };
    await expect(volumes.connect(unknown)).rejects.toMatchObject({ code: 'KEY_UNAVAILABLE' });
  });
});
