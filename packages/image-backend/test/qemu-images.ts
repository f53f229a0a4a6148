import { hostExec } from '@spawnkit/effects';

const exec = hostExec();

/** Makes a qcow2 image, of 64 MiB unless told otherwise; its path. */
export async function qcow2(path: string, options: readonly string[] = [], size = '64M'): Promise<string> {
  await exec('qemu-img', ['create', '-q', '-f', 'qcow2', ...options, path, size]);
  return path;
}

/** What QEMU says of an image, opened as what it probes; undefined when it does not open it. */
export async function qemuInfo(path: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const { stdout, exitCode } = await exec('qemu-img', ['info', '--output=json', path], { okExitCodes: [0, 1] });
  return exitCode === 0 ? (JSON.parse(stdout) as Record<string, unknown>) : undefined;
}
