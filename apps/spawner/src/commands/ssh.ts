import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { CliContext } from '../cli-context.ts';
import { endpointOf } from '../instance/endpoint.ts';
import { SpawnerError } from '../errors.ts';
import { openHost } from '../host.ts';
import { findInstance } from '../instance/inventory.ts';
import { isRescued } from '../instance/is-rescued.ts';
import { findStoredRequest } from '../request/stored-request.ts';

export interface SshFlags {
  readonly user?: string;
  readonly identity?: string;
  readonly port: number;
}

/**
 * `spawner ssh`: the system's ssh, at the address where the guest was found; its host key is kept beside the instance
 * and goes with it. Answers ssh's exit code.
 */
export async function ssh(cli: CliContext, name: string, command: readonly string[], flags: SshFlags): Promise<number> {
  const args = await sshArguments(cli, name, flags);
  const child = spawn('ssh', [...args, ...command], { stdio: 'inherit' });
  // Ctrl-C is ssh's business; it has the terminal.
  const [code] = (await Promise.race([once(child, 'close'), failed(child)])) as [number | null];
  return code ?? 255;
}

async function sshArguments(cli: CliContext, name: string, { user, identity, port }: SshFlags): Promise<string[]> {
  await using host = openHost(cli);
  const { signal } = cli;
  const instance = await findInstance(host, name);
  const conn = await host.connect({ uri: instance.uri, signal });
  const endpoint = await endpointOf(conn, instance, port, { signal });
  if (!endpoint) throw noAddress(instance.name, port);
  const login = user ?? (await findStoredRequest(instance.instancePath))?.loginUser;
  return [
    '-p',
    String(endpoint.port),
    '-o',
    `UserKnownHostsFile=${join(instance.instancePath, 'known_hosts')}`,
    '-o',
    'StrictHostKeyChecking=accept-new',
    // The address may have been another guest's, and a rescued one runs from another disk, with another key.
    '-o',
    `HostKeyAlias=${instance.uuid}${(await isRescued(instance)) ? '.rescue' : ''}`,
    ...(identity === undefined ? [] : ['-i', identity]),
    ...(login === undefined ? [] : ['-l', login]),
    endpoint.address,
    '--',
  ];
}

async function failed(child: ReturnType<typeof spawn>): Promise<never> {
  const [cause] = (await once(child, 'error')) as [NodeJS.ErrnoException];
  throw new SpawnerError('HOST_NOT_READY', `Cannot run ssh: ${cause.message}`, {
    cause,
    fix: 'apt-get install openssh-client',
  });
}

function noAddress(name: string, port: number): SpawnerError {
  return new SpawnerError('NOT_FOUND', `No address of "${name}" is known on this host`, {
    fix: `\`spawner wait ${name} --for ssh\` waits for one. With user networking, its ports need "HOST:${port}".`,
    context: { name, port },
  });
}
