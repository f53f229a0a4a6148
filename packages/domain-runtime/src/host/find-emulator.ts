import { machine } from 'node:os';
import { DomainCapabilities, parse } from '@spawnkit/guest-config';
import { type Connection, LibvirtError } from '@spawnkit/libvirt';
import { unsuitable } from './unsuitable.ts';

/**
 * Path of the emulator that libvirt runs for guests of an architecture, by default the host's. Throws
 * {@link DomainRuntimeError} `HOST_UNSUITABLE` when there is none.
 */
export async function findEmulator(
  conn: Connection,
  { arch = machine(), signal }: { readonly arch?: string | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<string> {
  try {
    // Every QEMU translates, and what libvirt would choose by itself says nothing about this kernel.
    const { path } = parse(DomainCapabilities, await conn.domainCapabilities({ arch, virtType: 'qemu', signal }));
    if (path !== undefined) return path;
  } catch (error) {
    throw error instanceof LibvirtError ? unsuitable('qemu', arch, error) : error;
  }
  throw unsuitable('qemu', arch, undefined);
}
