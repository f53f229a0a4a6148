import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Exec, hostExec } from '@spawnkit/effects';

/** A libvirtd with the LXC driver, with state, sockets and network devices of its own; ended by `await using`. */
export interface ContainerHost extends AsyncDisposable {
  readonly uri: string;
  /** Of {@link containerGateway}/24. */
  readonly bridge: string;
  /** Runs commands where that bridge is. */
  readonly exec: Exec;
}

export const containerGateway = '192.0.2.1';

/**
 * Arguments: the directory, the bridge, its address. libvirt 9 puts containers into cgroup2 where it sees one, also where only
 * version 1 has controllers, and then does not find what it needs; so it does not see it beside version 1.
 */
const script = `set -e
if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi
for path in /run/libvirt /var/lib/libvirt /var/log/libvirt /var/cache/libvirt /etc/libvirt; do
  mkdir -p "$path"
  mount -t tmpfs tmpfs "$path"
done
mkdir /var/log/libvirt/lxc
ip link set lo up
ip link add "$2" type bridge
ip address add "$3/24" dev "$2"
ip link set "$2" up
exec libvirtd --config "$1/libvirtd.conf" --pid-file "$1/pid"`;

export async function openContainerHost(): Promise<ContainerHost> {
  // Short: the path of a socket has at most 107 bytes.
  const directory = await mkdtemp(join(tmpdir(), 'lxc-'));
  const socket = join(directory, 'libvirt-sock');
  const log = join(directory, 'log');
  const configuration = [`unix_sock_dir = "${directory}"`, 'auth_unix_rw = "none"', `log_outputs = "3:file:${log}"`];
  await writeFile(join(directory, 'libvirtd.conf'), `${configuration.join('\n')}\n`);
  const bridge = 'br0';
  const own = ['--mount', '--net', '--propagation', 'private'];
  const words = [...own, 'sh', '-c', script, 'sh', directory, bridge, containerGateway];
  const daemon = spawn('unshare', words, { stdio: ['ignore', 'ignore', 'inherit'] });
  for (let left = 600; !existsSync(socket); left--) {
    if (daemon.exitCode !== null || left === 0)
      throw new Error(`libvirtd with LXC does not start: ${await readFile(log, 'utf8').catch(() => '')}`);
    await delay(50);
  }
  const exec: Exec = (file, args, options) =>
    hostExec()('nsenter', ['--net', '--target', String(daemon.pid), file, ...args], options);
  return {
    uri: `lxc+unix:///system?socket=${encodeURIComponent(socket)}`,
    bridge,
    exec,
    async [Symbol.asyncDispose]() {
      daemon.kill();
      if (daemon.exitCode === null && daemon.signalCode === null) await once(daemon, 'exit');
      await rm(directory, { recursive: true });
    },
  };
}
