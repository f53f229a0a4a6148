import { execFile } from 'node:child_process';
import { cp, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');

/**
 * The environment in which libguestfs finds a kernel for its appliance: the tiny guest's, which is unpacked into the
 * directory, with the lists of its modules that modprobe reads.
 */
export async function applianceKernel(directory: string): Promise<Readonly<Record<string, string>>> {
  const { stdout } = await run(join(root, 'tooling/lab/tiny'), [], { timeout: 300_000 });
  const kernel = join(directory, 'kernel');
  await cp(join(stdout.trim(), 'parts/kernel'), kernel, { recursive: true });
  const [version = ''] = await readdir(join(kernel, 'lib/modules'));
  await run('/usr/sbin/depmod', ['-b', kernel, version]);
  // supermin looks into it before it looks where it is told to.
  await mkdir('/lib/modules', { recursive: true });
  return {
    LIBGUESTFS_BACKEND_SETTINGS: 'force_tcg',
    // An appliance of our own: one that is there may be of another kernel.
    LIBGUESTFS_CACHEDIR: kernel,
    SUPERMIN_KERNEL: join(kernel, `boot/vmlinuz-${version}`),
    SUPERMIN_KERNEL_VERSION: version,
    SUPERMIN_MODULES: join(kernel, 'lib/modules', version),
  };
}
