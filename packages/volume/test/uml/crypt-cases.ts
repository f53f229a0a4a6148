import assert from 'node:assert/strict';
import { access, open, readFile } from 'node:fs/promises';
import { inspect } from 'node:util';
import { hostExec, Secret } from '@spawnkit/effects';
import {
  createCryptsetup,
  createIscsiConnector,
  openVolumes,
  passiveConnector,
  type Volumes,
  type VolumesOptions,
} from '../../src/index.ts';
import type { ContractCase } from '../../src/testing/index.ts';
import { aVolume } from '../a-volume.ts';
import { hostDirectory } from '../doubles/host-directory.ts';
import { type MemorySecrets, memorySecrets } from '../doubles/memory-secrets.ts';
import { targetData } from './iscsi-target.ts';

/** A disk of the machine. */
const disk = '/dev/ubdb';
const passphrase = '00112233445566778899aabbccddeeff';
const id = '2a0a0f6c-babf-454d-b93e-9ac9957b95e0';
const exec = hostExec();

interface Host {
  readonly volumes: Volumes;
  readonly secrets: MemorySecrets;
}

/** Runs with the machine's disk all zeros. */
async function withHost(options: Partial<VolumesOptions>, run: (host: Host) => Promise<void>): Promise<void> {
  await exec('dd', ['if=/dev/zero', `of=${disk}`, 'bs=1M', 'count=16', 'conv=fsync']);
  await using directory = await hostDirectory();
  const { holdsPath, locksPath } = directory;
  const secrets = memorySecrets();
  const volumes = openVolumes({
    connectors: {
      local: passiveConnector,
      iscsi: createIscsiConnector({ exec, holdsPath, locksPath, scanAttempts: 10 }),
    },
    secrets,
    encryptor: createCryptsetup({ exec }),
    keys: { passphrase: async () => new Secret(passphrase) },
    holdsPath,
    locksPath,
    ...options,
  });
  await run({ volumes, secrets });
}

function request(provider: string, connectionInfo = aVolume('local', { device_path: disk }, id)) {
  const encryption = {
    provider,
    controlLocation: 'front-end',
    encryptionKeyId: 'k',
    cipher: 'aes-xts-plain64',
    keySize: 256,
  };
  return { connectionInfo, holder: 'a-guest', encryption };
}

async function luksFormat(path: string): Promise<void> {
  const quick = ['--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000'];
  const args = ['--batch-mode', 'luksFormat', '--type', 'luks2', ...quick, '--key-file=-', path];
  await exec('cryptsetup', args, { input: new Secret(passphrase), timeoutMs: 60_000 });
}

async function begin(path: string, bytes = 16): Promise<Buffer> {
  await using file = await open(path, 'r');
  return (await file.read(Buffer.alloc(bytes), 0, bytes, 0)).buffer;
}

async function write(path: string, text: string): Promise<void> {
  await using file = await open(path, 'r+');
  await file.write(text, 0);
  await file.sync();
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

/** Unlocks, writes, locks, and finds what was written when it is unlocked again; meanwhile nobody else can read it. */
async function keepsData({ volumes }: Host, wanted: ReturnType<typeof request>): Promise<void> {
  const text = 'plain text of a guest';
  const first = await volumes.connect(wanted);
  assert.ok(first.unlockedPath !== undefined);
  await write(first.unlockedPath, text);
  await volumes.disconnect({ ...wanted, connectionInfo: first.connectionInfo });
  assert.equal(await exists(first.unlockedPath), false);
  const second = await volumes.connect(wanted);
  assert.equal((await begin(second.unlockedPath ?? '', text.length)).toString(), text);
  const device = String(second.connectionInfo.data['device_path']);
  assert.equal((await readFile(device)).includes(text), false);
  await volumes.disconnect({ ...wanted, connectionInfo: second.connectionInfo });
}

/** dm-crypt and LUKS on real devices. */
export const cryptCases: readonly ContractCase[] = [
  {
    name: 'a blank volume gets a LUKS header when that is asked for, and its secret',
    run: () =>
      withHost({ format: 'when-blank' }, async ({ volumes, secrets }) => {
        const { luksSecretUuid } = await volumes.connect(request('luks'));
        assert.ok(luksSecretUuid);
        assert.deepEqual([...secrets.values], [[`volume ${id}`, passphrase]]);
        await exec('cryptsetup', ['isLuks', '--type', 'luks1', disk]);
        const test = ['open', '--test-passphrase', '--key-file=-', disk];
        await exec('cryptsetup', test, { input: new Secret(passphrase), timeoutMs: 60_000 });
        await volumes.disconnect(request('luks'));
      }),
  },
  {
    name: 'a volume that is not LUKS is not written to unless that is asked for',
    run: () =>
      withHost({}, async ({ volumes, secrets }) => {
        await assert.rejects(volumes.connect(request('luks')), { code: 'NOT_LUKS' });
        assert.equal(
          (await begin(disk, 4096)).every((byte) => byte === 0),
          true,
        );
        assert.equal(secrets.values.size, 0);
      }),
  },
  {
    name: 'a volume with a file system is never formatted',
    run: () =>
      withHost({ format: 'when-blank' }, async ({ volumes }) => {
        await exec('mkfs.ext4', ['-q', '-F', disk]);
        const before = await begin(disk, 65_536);
        await assert.rejects(volumes.connect(request('luks')), { code: 'NOT_BLANK' });
        assert.ok(before.equals(await begin(disk, 65_536)));
      }),
  },
  {
    name: 'LUKS2 is unlocked by dm-crypt, and locked again',
    run: () =>
      withHost({}, async (host) => {
        await luksFormat(disk);
        await keepsData(host, request('luks2'));
      }),
  },
  { name: 'so is plain dm-crypt', run: () => withHost({}, (host) => keepsData(host, request('plain'))) },
  {
    name: 'a wrong passphrase leaves nothing unlocked, and is not told',
    async run() {
      const keys = { passphrase: async () => new Secret('wrong-passphrase') };
      await withHost({ keys }, async ({ volumes }) => {
        await luksFormat(disk);
        const error: unknown = await volumes.connect(request('luks2')).catch((reason: unknown) => reason);
        assert.ok(error instanceof Error && 'code' in error && error.code === 'CONNECT_FAILED');
        assert.equal(inspect(error, { depth: 9 }).includes('wrong-passphrase'), false);
        assert.equal((await exec('dmsetup', ['ls'])).stdout.trim(), 'No devices found');
      });
    },
  },
  {
    name: 'a volume of an iSCSI target is connected, unlocked, used, locked and disconnected',
    run: () =>
      withHost({}, async (host) => {
        const plain = aVolume('iscsi', { ...targetData, target_lun: 1, volume_id: id });
        const call = { connectionInfo: plain, holder: 'who-formats' };
        const { connectionInfo } = await host.volumes.connect(call);
        await luksFormat(String(connectionInfo.data['device_path']));
        await host.volumes.disconnect({ ...call, connectionInfo });
        await keepsData(host, request('luks2', plain));
        assert.equal(await exists('/sys/class/iscsi_session/session1'), false);
      }),
  },
];
