import type { Exec, Secret } from '@spawnkit/effects';
import type { EncryptedVolume, Encryptor, EncryptorOptions } from '../connect/encryptor.ts';
import { VolumeError } from '../errors.ts';
import { failure } from '../failure.ts';
import { beginsWithZeros, hasLuksHeader } from './luks-header.ts';

export interface CryptsetupOptions {
  readonly exec: Exec;
  /** Of a command. Default: two minutes; key derivation takes seconds. */
  readonly timeoutMs?: number;
}

/** Bytes that must be zero for a volume to count as blank. */
const BLANK_BYTES = 4 * 1024 * 1024;
const TIMEOUT_MS = 120_000;
/** Exit code of cryptsetup(8) for a device that does not exist. */
const NO_DEVICE = 4;

/** LUKS and dm-crypt by cryptsetup(8). Passphrases go to its stdin. */
export function createCryptsetup({ exec, timeoutMs = TIMEOUT_MS }: CryptsetupOptions): Encryptor {
  const cryptsetup: Cryptsetup = (args, { signal, input, okExitCodes = [0] }) =>
    exec('cryptsetup', ['--batch-mode', ...args], { signal, timeoutMs, okExitCodes, ...(input && { input }) });
  return {
    isLuks: (volume) => hasLuksHeader(devicePath(volume), volume.imageFormat),
    async isBlank(volume, { signal }) {
      const path = devicePath(volume);
      if (!(await beginsWithZeros(path, BLANK_BYTES))) return false;
      const { stdout } = await exec('wipefs', ['--no-act', '--parsable', path], { signal, timeoutMs });
      return stdout.split('\n').every((line) => line === '' || line.startsWith('#'));
    },
    async format(volume, passphrase, { signal }) {
      const path = devicePath(volume);
      if (volume.imageFormat !== 'raw') throw unsupported(volume, `an image of the format ${volume.imageFormat}`);
      const type = volume.format === 'luks2' ? 'luks2' : 'luks1';
      const args = ['luksFormat', '--type', type, '--key-file=-', ...cipherArgs(volume), path];
      await cryptsetup(args, { signal, input: passphrase }).catch((error: unknown) => {
        throw failure('CONNECT_FAILED', `write a LUKS header to "${path}"`, error, signal);
      });
    },
    attach: (volume, passphrase, options) => unlock(cryptsetup, volume, passphrase, options),
    detach: (volume, options) => lock(cryptsetup, volume, options),
  };
}

type Cryptsetup = (
  args: readonly string[],
  options: EncryptorOptions & { readonly input?: Secret; readonly okExitCodes?: readonly number[] },
) => ReturnType<Exec>;

async function unlock(
  cryptsetup: Cryptsetup,
  volume: EncryptedVolume,
  passphrase: () => Promise<Secret>,
  { signal }: EncryptorOptions,
): Promise<string | undefined> {
  const { format, imageFormat } = volume;
  if (format === 'no-op') return volume.path;
  const path = devicePath(volume);
  if (imageFormat !== 'raw') throw unsupported(volume, `an image of the format ${imageFormat}`);
  const name = nameOf(volume);
  if (await isUnlocked(cryptsetup, name, signal)) return `/dev/mapper/${name}`;
  if (format === 'luks2' && !(await hasLuksHeader(path, imageFormat))) throw notLuks(path);
  const type = format === 'plain' ? ['plain', ...cipherArgs(volume)] : [format];
  const input = await passphrase();
  try {
    await cryptsetup(['open', '--type', ...type, '--key-file=-', path, name], { signal, input });
  } catch (error) {
    await closeQuietly(cryptsetup, name);
    throw failure('CONNECT_FAILED', `unlock "${path}"`, error, signal);
  }
  return `/dev/mapper/${name}`;
}

async function lock(cryptsetup: Cryptsetup, volume: EncryptedVolume, { signal }: EncryptorOptions): Promise<void> {
  if (volume.format === 'no-op') return;
  const name = nameOf(volume);
  try {
    if (await isUnlocked(cryptsetup, name, signal))
      await cryptsetup(['close', name], { signal, okExitCodes: [0, NO_DEVICE] });
  } catch (error) {
    throw failure('DISCONNECT_FAILED', `lock "/dev/mapper/${name}"`, error, signal);
  }
}

async function isUnlocked(cryptsetup: Cryptsetup, name: string, signal?: AbortSignal): Promise<boolean> {
  const { exitCode } = await cryptsetup(['status', name], { signal, okExitCodes: [0, NO_DEVICE] });
  return exitCode === 0;
}

/** An interrupted open may have come to its end. */
async function closeQuietly(cryptsetup: Cryptsetup, name: string): Promise<void> {
  await cryptsetup(['close', name], { okExitCodes: [0, NO_DEVICE] }).catch(() => {});
}

function cipherArgs({ metadata: { cipher, keySize } }: EncryptedVolume): readonly string[] {
  if (cipher !== undefined && !/^[A-Za-z0-9][A-Za-z0-9:_()-]*$/.test(cipher)) throw badCipher(cipher);
  return [...(cipher ? ['--cipher', cipher] : []), ...(keySize ? ['--key-size', String(keySize)] : [])];
}

function nameOf({ volumeKey }: EncryptedVolume): string {
  return `spawnkit-${volumeKey}`;
}

function devicePath(volume: EncryptedVolume): string {
  if (volume.path !== undefined) return volume.path;
  throw unsupported(volume, 'a volume without a device on this host');
}

function unsupported({ format, volumeKey }: EncryptedVolume, what: string): VolumeError {
  return new VolumeError('ENCRYPTION_UNSUPPORTED', `The encryption "${format}" cannot be used for ${what}`, {
    context: { format, volumeKey },
    fix: 'Use the provider luks, which QEMU unlocks itself.',
  });
}

function badCipher(cipher: string): VolumeError {
  return new VolumeError('ENCRYPTION_UNSUPPORTED', `"${cipher}" is no cipher`, {
    context: { cipher },
    fix: 'Use a cipher such as aes-xts-plain64.',
  });
}

function notLuks(path: string): VolumeError {
  return new VolumeError('NOT_LUKS', `The volume at "${path}" should be encrypted by LUKS, and has no LUKS header`, {
    context: { path },
    fix: 'Find out whether this is the right device, and format it by hand if it is new.',
  });
}
