import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EffectsError, type Exec, hostExec, Secret } from '@spawnkit/effects';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EncryptedVolume } from '../connect/encryptor.ts';
import { createCryptsetup } from './cryptsetup.ts';

const passphrase = new Secret('c0ffee');
const metadata = {
  provider: 'luks',
  controlLocation: 'front-end',
  encryptionKeyId: 'k',
  cipher: 'aes-xts-plain64',
  keySize: 256,
};

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spawnkit-luks-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const volume = (name: string, more: Partial<EncryptedVolume> = {}): EncryptedVolume => ({
  volumeKey: 'key',
  path: join(directory, name),
  imageFormat: 'raw',
  format: 'luks',
  metadata,
  ...more,
});

describe('what QEMU’s own tools encrypt', () => {
  const exec = hostExec();
  const encryptor = createCryptsetup({ exec });
  const isLuks = (one: EncryptedVolume) => encryptor.isLuks(one, {});
  const isBlank = (one: EncryptedVolume) => encryptor.isBlank(one, {});
  const create = async (name: string, ...options: readonly string[]) => {
    const key = join(directory, 'key');
    await writeFile(key, passphrase.reveal(), { mode: 0o600 });
    const args = ['create', '-q', '--object', `secret,id=s,file=${key}`, ...options, join(directory, name), '8M'];
    // Where its benchmark of the key derivation ends within one tick of the CPU's clock, it gives up.
    for (let attempt = 0; ; attempt++) {
      const { exitCode, stderr } = await exec('qemu-img', args, { timeoutMs: 60_000, okExitCodes: [0, 1] });
      if (exitCode === 0) return;
      if (attempt === 20 || !stderr.includes('accurate CPU usage')) throw new Error(stderr);
    }
  };

  // QEMU derives its keys with many rounds, whatever it is asked for.
  test('is LUKS, in itself or inside a qcow2 image; what is plain is not', { timeout: 120_000 }, async () => {
    await create('luks', '-f', 'luks', '-o', 'key-secret=s,iter-time=10');
    await create('luks.qcow2', '-f', 'qcow2', '-o', 'encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10');
    await create('plain.qcow2', '-f', 'qcow2');
    const qcow2 = { imageFormat: 'qcow2' };
    expect(await isLuks(volume('luks'))).toBe(true);
    expect(await isLuks(volume('luks', qcow2))).toBe(false);
    expect(await isLuks(volume('luks.qcow2', qcow2))).toBe(true);
    expect(await isLuks(volume('luks.qcow2'))).toBe(false);
    expect(await isLuks(volume('plain.qcow2', qcow2))).toBe(false);
    expect(await isBlank(volume('luks'))).toBe(false);
  });

  test('a volume is blank without data at its begin and without any signature', async () => {
    const path = join(directory, 'blank');
    await writeFile(path, '');
    await truncate(path, 16 * 1024 * 1024);
    expect(await isLuks(volume('blank'))).toBe(false);
    expect(await isBlank(volume('blank'))).toBe(true);
    // ext4 leaves its first KiB alone, and a superblock of RAID lies at the end.
    await exec('mkfs.ext4', ['-q', '-F', path], { timeoutMs: 30_000 });
    expect(await isBlank(volume('blank'))).toBe(false);
  });
});

describe('createCryptsetup', () => {
  /** cryptsetup in memory: names of mappings, and every command line. */
  function fake({ failOpen = false } = {}) {
    const open = new Set<string>();
    const lines: string[] = [];
    const inputs: unknown[] = [];
    const exec: Exec = async (file, args, options = {}) => {
      lines.push([file, ...args].join(' '));
      if (options.input) inputs.push(options.input);
      const name = args.at(-1) ?? '';
      if (args.includes('status')) return { stdout: '', stderr: '', exitCode: open.has(name) ? 0 : 4 };
      if (args.includes('close')) open.delete(name);
      if (args.includes('open')) open.add(name);
      if (args.includes('open') && failOpen)
        throw new EffectsError('EXEC_FAILED', 'cryptsetup failed', { file, args, stderr: 'No key available' });
      return { stdout: '', stderr: '', exitCode: 0 };
    };
    return { open, lines, inputs, encryptor: createCryptsetup({ exec }) };
  }
  const key = async () => passphrase;

  test('unlocks by stdin, once, and locks', async () => {
    const { open, lines, inputs, encryptor } = fake();
    const plain = volume('luks', { format: 'plain' });
    expect(await encryptor.attach(plain, key, {})).toBe('/dev/mapper/spawnkit-key');
    expect(await encryptor.attach(plain, key, {})).toBe('/dev/mapper/spawnkit-key');
    expect(lines.filter((line) => line.includes(' open '))).toEqual([
      `cryptsetup --batch-mode open --type plain --cipher aes-xts-plain64 --key-size 256 --key-file=- ${join(directory, 'luks')} spawnkit-key`,
    ]);
    expect(inputs).toEqual([passphrase]);
    expect(lines.join('\n')).not.toContain(passphrase.reveal());
    await encryptor.detach(plain, {});
    await encryptor.detach(plain, {});
    expect(open.size).toBe(0);
  });

  test('leaves nothing open when unlocking fails', async () => {
    const { open, encryptor } = fake({ failOpen: true });
    await expect(encryptor.attach(volume('luks', { format: 'luks2' }), key, {})).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
    });
    expect(open.size).toBe(0);
  });

  test('asks for no key of a volume that is not LUKS2 though it should be', async () => {
    const { lines, encryptor } = fake();
    const never = () => Promise.reject(new Error('asked for the key'));
    await expect(encryptor.attach(volume('blank', { format: 'luks2' }), never, {})).rejects.toMatchObject({
      code: 'NOT_LUKS',
    });
    expect(lines.join('\n')).not.toContain('luksFormat');
  });

  test('writes a header with the passphrase on stdin', async () => {
    const { lines, inputs, encryptor } = fake();
    await encryptor.format(volume('x'), passphrase, {});
    expect(lines).toEqual([
      `cryptsetup --batch-mode luksFormat --type luks1 --key-file=- --cipher aes-xts-plain64 --key-size 256 ${join(directory, 'x')}`,
    ]);
    expect(inputs).toEqual([passphrase]);
  });

  test('has nothing to do where the storage encrypts, and cannot do what has no device', async () => {
    const { lines, encryptor } = fake();
    expect(await encryptor.attach(volume('x', { format: 'no-op' }), key, {})).toBe(join(directory, 'x'));
    await encryptor.detach(volume('x', { format: 'no-op' }), {});
    expect(lines).toEqual([]);
    for (const more of [{ path: undefined }, { imageFormat: 'qcow2' }]) {
      const attaching = encryptor.attach(volume('x', { format: 'plain', ...more }), key, {});
      await expect(attaching).rejects.toMatchObject({ code: 'ENCRYPTION_UNSUPPORTED' });
    }
    const odd = volume('x', { format: 'plain', metadata: { ...metadata, cipher: '--help' } });
    await expect(encryptor.attach(odd, key, {})).rejects.toMatchObject({ code: 'ENCRYPTION_UNSUPPORTED' });
  });
});
