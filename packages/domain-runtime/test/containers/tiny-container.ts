import { chmod, copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where a container answers at port 80. */
export const containerAddress = '192.0.2.10';

/** Serves who it is. */
const init = `#!/bin/sh
ip link set eth0 up
ip address add ${containerAddress}/24 dev eth0
mkdir -p /tmp/www
echo "process $$ of $(hostname)" >/tmp/www/index.html
exec httpd -f -p 80 -h /tmp/www
`;

/** Makes a root file system of one program, busybox without libraries. */
export async function makeContainerRoot(path: string, busybox: string): Promise<void> {
  for (const name of ['bin', 'dev', 'proc', 'sys', 'etc', 'tmp']) await mkdir(join(path, name), { recursive: true });
  await copyFile(busybox, join(path, 'bin/busybox'));
  await chmod(join(path, 'bin/busybox'), 0o755);
  for (const name of ['sh', 'ip', 'mkdir', 'hostname', 'httpd']) await symlink('busybox', join(path, 'bin', name));
  await writeFile(join(path, 'init'), init, { mode: 0o755 });
}

interface Container {
  readonly name: string;
  readonly uuid: string;
  /** Where its root file system is. */
  readonly root: string;
  readonly bridge: string;
}

/** The document of a container. */
export function containerXml({ name, uuid, root, bridge }: Container): string {
  return `<domain type='lxc'><name>${name}</name><uuid>${uuid}</uuid><memory unit='MiB'>64</memory>
    <os><type>exe</type><init>/init</init></os>
    <devices><filesystem type='mount'><source dir='${root}'/><target dir='/'/></filesystem>
      <interface type='bridge'><source bridge='${bridge}'/></interface><console type='pty'/></devices></domain>`;
}
