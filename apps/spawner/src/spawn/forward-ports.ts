import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Vif } from '@spawnkit/instance';
import type { Connection, Domain } from '@spawnkit/libvirt';
import { SpawnerError } from '../errors.ts';
import type { SpecPort } from '../spec/schema.ts';

interface Options {
  readonly signal?: AbortSignal | undefined;
}

interface Forwarding {
  readonly ports?: readonly SpecPort[] | undefined;
  readonly networkInfo: readonly Vif[];
}

/**
 * Lets ports of this host lead into a guest that has just been launched, by QEMU's user networking; they end with its
 * QEMU. libvirt has no words for that before 9.2, so QEMU's monitor is asked, and libvirt marks the domain as tainted.
 * Throws {@link SpawnerError} `HOST_NOT_READY` for a port that somebody has.
 */
export async function forwardPorts(
  conn: Connection,
  domain: Domain,
  { ports = [], networkInfo }: Forwarding,
  { signal }: Options,
): Promise<void> {
  const device = `hostnet${networkInfo.findIndex(({ type }) => type === 'user')}`;
  for (const port of ports) {
    const command = `hostfwd_add ${device} ${port.protocol}:${port.address}:${port.host}-:${port.guest}`;
    const answer = (await conn.qemu.humanMonitor(domain, command, { signal })).trim();
    if (answer !== '') throw refused(port, answer);
  }
}

/** Looks whether the ports of a request are free on this host. Throws {@link SpawnerError} `HOST_NOT_READY`. */
export async function checkPorts({ ports = [] }: Pick<Forwarding, 'ports'>): Promise<void> {
  for (const port of ports.filter(({ protocol }) => protocol === 'tcp')) {
    const server = createServer();
    try {
      await once(server.listen(port.host, port.address), 'listening');
    } catch (cause) {
      throw refused(port, (cause as Error).message, cause);
    } finally {
      server.close();
    }
  }
}

function refused({ address, host, guest, protocol }: SpecPort, why: string, cause?: unknown): SpawnerError {
  return new SpawnerError(
    'HOST_NOT_READY',
    `The ${protocol} port ${address}:${host} cannot lead to port ${guest} of the guest: ${why}`,
    {
      cause,
      fix: 'Choose another port of the host, above 1023 for ordinary users.',
      context: { address, host, guest, protocol },
    },
  );
}
