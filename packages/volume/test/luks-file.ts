import { truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hostExec, type Secret } from '@spawnkit/effects';

const BYTES = 4 * 1024 * 1024;

/** Makes a raw file that is encrypted by LUKS and begins with a text. The passphrase is left beside it, in the file `keyName`. */
export async function writeLuksFile(
  path: string,
  { text, passphrase, keyName }: { readonly text: string; readonly passphrase: Secret; readonly keyName: string },
): Promise<void> {
  const exec = hostExec();
  const key = join(dirname(path), keyName);
  const plain = `${path}.plain`;
  await writeFile(plain, text.padEnd(1024 * 1024, '\0'));
  await writeFile(key, passphrase.reveal(), { mode: 0o600 });
  await writeFile(path, '');
  await truncate(path, BYTES);
  const quick = ['--type', 'luks1', '--pbkdf-force-iterations', '1000'];
  const format = ['--batch-mode', 'luksFormat', ...quick, '--key-file=-', path];
  await exec('cryptsetup', format, { input: passphrase, timeoutMs: 60_000 });
  const target = `driver=luks,key-secret=s,file.driver=file,file.filename=${path}`;
  const convert = ['convert', '-n', '--object', `secret,id=s,file=${key}`, '--target-image-opts', '-f', 'raw'];
  await exec('qemu-img', [...convert, plain, target], { timeoutMs: 60_000 });
}
