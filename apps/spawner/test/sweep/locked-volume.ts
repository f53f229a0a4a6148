import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A volume of another machine, encrypted by LUKS. */
export interface LockedVolume extends AsyncDisposable {
  /** As a specification names it. */
  readonly specification: string;
}

/** Makes the volume, and serves it over NBD on loopback. */
export async function openLockedVolume(): Promise<LockedVolume> {
  const directory = await mkdtemp(join(tmpdir(), 'locked-volume-'));
  const [volume, keyFile] = [join(directory, 'volume'), join(directory, 'key')];
  await writeFile(keyFile, 'a passphrase', { mode: 0o600 });
  await chmod(directory, 0o700);
  const key = ['--object', `secret,id=key,file=${keyFile}`];
  // Few iterations: each start of a guest opens it.
  const options = ['-o', 'key-secret=key,iter-time=10'];
  createPatiently(['create', '-q', '-f', 'luks', ...key, ...options, volume, '8M']);
  const port = await freePort();
  const server = spawn('qemu-nbd', ['-t', '-e', '8', '-f', 'raw', '-b', '127.0.0.1', '-p', String(port), volume], {
    stdio: 'ignore',
  });
  await listens(port, server);
  return {
    specification: `{ nbd: { server: '127.0.0.1:${port}' }, encryption: { keyFile: ${keyFile} } }`,
    async [Symbol.asyncDispose]() {
      const exited = once(server, 'exit');
      server.kill();
      await exited;
      await rm(directory, { recursive: true });
    },
  };
}

/** Now and then qemu-img is "unable to get accurate CPU usage", and cannot say how many iterations that is. */
function createPatiently(args: readonly string[], tries = 5): void {
  const { status, stderr } = spawnSync('qemu-img', args, { encoding: 'utf8' });
  if (status === 0) return;
  if (tries <= 1 || !stderr.includes('CPU usage')) throw new Error(`qemu-img ${args.join(' ')} failed: ${stderr}`);
  createPatiently(args, tries - 1);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function listens(port: number, server: ChildProcess): Promise<void> {
  for (let turn = 0; turn < 200 && server.exitCode === null; turn++) {
    const socket = createConnection(port, '127.0.0.1');
    const answers = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (answers) return;
    await delay(50);
  }
  throw new Error(`qemu-nbd does not listen on port ${port}`);
}
