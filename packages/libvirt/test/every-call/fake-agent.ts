import { chmod } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';

const answers: Readonly<Record<string, (args: never) => unknown>> = {
  'guest-sync': ({ id }: { readonly id: number }) => id,
  'guest-ping': () => ({}),
  'guest-info': () => ({
    version: '7.2',
    supported_commands: Object.keys(answers).map((name) => ({ name, enabled: true })),
  }),
  'guest-get-time': () => 1_700_000_000_000_000_000,
  'guest-set-time': () => ({}),
  'guest-fsfreeze-freeze': () => 1,
  'guest-fsfreeze-freeze-list': () => 1,
  'guest-fsfreeze-thaw': () => 1,
  'guest-fstrim': () => ({ paths: [] }),
  'guest-get-fsinfo': () => [
    { name: 'vda', mountpoint: '/', type: 'ext4', 'used-bytes': 1024, 'total-bytes': 2048, disk: [] },
  ],
  'guest-get-host-name': () => ({ 'host-name': 'walked' }),
  'guest-get-osinfo': () => ({ id: 'tiny', name: 'Tiny', 'pretty-name': 'Tiny 1', machine: 'x86_64' }),
  'guest-get-timezone': () => ({ zone: 'UTC', offset: 0 }),
  'guest-get-users': () => [{ user: 'root', 'login-time': 1_700_000_000.5 }],
  'guest-get-disks': () => [{ name: '/dev/vda', partition: false }],
  'guest-get-vcpus': () => [
    { 'logical-id': 0, online: true, 'can-offline': false },
    { 'logical-id': 1, online: true, 'can-offline': true },
  ],
  'guest-set-vcpus': ({ vcpus }: { readonly vcpus: readonly unknown[] }) => vcpus.length,
  'guest-set-user-password': () => ({}),
  'guest-network-get-interfaces': () => [
    {
      name: 'eth0',
      'hardware-address': '52:54:00:00:00:01',
      'ip-addresses': [{ 'ip-address-type': 'ipv4', 'ip-address': '192.0.2.7', prefix: 24 }],
    },
  ],
  'guest-suspend-ram': () => ({}),
  'guest-ssh-get-authorized-keys': () => ({ keys: ['ssh-ed25519 AAAA walked'] }),
  'guest-ssh-add-authorized-keys': () => ({}),
  'guest-ssh-remove-authorized-keys': () => ({}),
};

/**
 * A guest agent made of answers, to which QEMU connects for the guest and libvirt for itself: what a walk asks for must not
 * happen to this host, as it would with a real agent that runs here.
 */
export async function fakeAgent(path: string): Promise<AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1').replaceAll('\xff', '');
      const lines = received.split('\n');
      received = lines.pop() ?? '';
      for (const line of lines) if (line.trim()) socket.write(`${JSON.stringify(answer(line))}\n`);
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
  await chmod(path, 0o777);
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(line: string): object {
  const { execute, arguments: args = {} } = JSON.parse(line) as { execute: string; arguments?: object };
  const known = answers[execute];
  if (!known) return { error: { class: 'CommandNotFound', desc: `The command ${execute} has not been found` } };
  return { return: known(args as never) };
}
