import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

const scripts = join(import.meta.dirname, '../../../tooling/lab');

/** Why the lab's daemon cannot be used here; undefined when it can. */
export const labObstacle = process.getuid?.() === 0 ? undefined : 'the lab’s libvirtd needs root';

/** Where the lab's libvirtd listens. */
export const SYSTEM_SOCKET = '/var/run/libvirt/libvirt-sock';

/** Starts the lab's libvirtd unless it runs. */
export function startLibvirt(): void {
  execFileSync('bash', [join(scripts, 'lab'), 'up', 'libvirt', '--no-network'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Builds the tiny guest unless it is there, and answers its directory. */
export function tinyGuest(): string {
  return execFileSync('bash', [join(scripts, 'tiny')], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim();
}

/** A domain of the test driver, of a name of its own that ends in `suffix`. */
export function testDomain(suffix = ''): { readonly name: string; readonly uuid: string; readonly xml: string } {
  const uuid = randomUUID();
  const name = `spawnkit-libvirt-${uuid.slice(0, 8)}${suffix}`;
  const xml = `<domain type='test'><name>${name}</name><uuid>${uuid}</uuid><memory unit='MiB'>64</memory><vcpu>1</vcpu>
    <os><type>hvm</type></os></domain>`;
  return { name, uuid, xml };
}
