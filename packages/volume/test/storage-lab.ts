import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');
const lab = process.env['SPAWNKIT_LAB'] ?? join(root, '.lab');

/** Why the lab's storage servers cannot be started here; undefined when they can. */
export const noStorage = process.getuid?.() === 0 ? undefined : 'the lab’s storage servers need root';

/** The lab's storage servers, libvirt and the tiny guest. */
export interface StorageLab {
  /** Of the iSCSI user `lab`. */
  readonly chap: string;
  /** UUID of libvirt's secret with the key of Ceph's user nova. */
  readonly cephSecretUuid: string;
  /** Where the tiny guest lies. */
  readonly tiny: string;
}

/** Installs what is missing, and starts all of it. */
export async function upStorage(): Promise<StorageLab> {
  await run(join(root, 'tooling/setup/debian'), ['base', 'storage', 'ceph'], { timeout: 600_000 });
  await run('bash', [join(root, 'tooling/lab/lab'), 'up', 'libvirt', '--no-network'], { timeout: 120_000 });
  await run('bash', [join(root, 'tooling/lab/lab'), 'up', 'storage'], { timeout: 120_000 });
  await run('bash', [join(root, 'tooling/lab/lab'), 'up', 'ceph'], { timeout: 180_000 });
  const { stdout } = await run('bash', [join(root, 'tooling/lab/tiny')], { cwd: root, timeout: 120_000 });
  const secret = await readFile(join(lab, 'ceph/secret-uuid'), 'utf8');
  const chap = await readFile(join(lab, 'storage/chap'), 'utf8');
  return { chap, cephSecretUuid: secret.trim(), tiny: stdout.trim() };
}

/** As Ceph's user nova. */
export async function rbd(...args: readonly string[]): Promise<void> {
  await run('rbd', [...args, '--id', 'nova', '--conf', join(lab, 'ceph/ceph.conf')], { timeout: 60_000 });
}

export async function downStorage(): Promise<void> {
  for (const name of ['storage', 'ceph']) {
    await run('bash', [join(root, 'tooling/lab/lab'), 'down', name], { timeout: 60_000 });
  }
}
