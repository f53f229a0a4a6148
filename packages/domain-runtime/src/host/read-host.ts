import { machine } from 'node:os';
import { type Logger, silentLogger } from '@spawnkit/effects';
import { Capabilities, DomainCapabilities, parse } from '@spawnkit/guest-config';
import { type Connection, type EventGap, LibvirtError } from '@spawnkit/libvirt';
import type { VirtType } from '../virt-type.ts';
import type { HostFacts } from './host-facts.ts';
import { hostPaths, readLocalFacts } from './local-facts.ts';
import { libvirtFacts } from './libvirt-facts.ts';
import { unsuitable } from './unsuitable.ts';

export interface ReadHostOptions {
  /** Of the guests; `lxc` on a connection to containers. */
  readonly virtType: VirtType | 'lxc';
  /** Architecture of the guests in libvirt's words; default: this host's. */
  readonly arch?: string | undefined;
  /** Where the disks will lie, for {@link HostFacts.supportsDirectIo}; it need not exist yet. */
  readonly instancesPath?: string | undefined;
  readonly log?: Logger | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Facts stay true for as long as a daemon runs: whoever installs QEMU or a firmware restarts it, or connects again. */
const known = new WeakMap<Connection<EventGap>, Map<string, HostFacts>>();

/**
 * What the host is like. The questions go out together, so it takes as long as the slowest, and the answers are kept for
 * the connection. Throws {@link DomainRuntimeError} `HOST_UNSUITABLE` when libvirt runs no such guests here.
 */
export async function readHost(conn: Connection<EventGap>, options: ReadHostOptions): Promise<HostFacts> {
  options.signal?.throwIfAborted();
  const { virtType, arch = machine(), instancesPath } = options;
  const key = JSON.stringify([virtType, arch, instancesPath]);
  const ofConnection = known.get(conn) ?? new Map<string, HostFacts>();
  const facts = ofConnection.get(key) ?? (await askHost(conn, { ...options, arch }));
  known.set(conn, ofConnection.set(key, facts));
  return facts;
}

async function askHost(
  conn: Connection<EventGap>,
  options: ReadHostOptions & { readonly arch: string },
): Promise<HostFacts> {
  const { virtType, arch, instancesPath, log = silentLogger, signal } = options;
  const [capabilities, hypervisorVersion, machines, local] = await Promise.all([
    conn.capabilities({ signal }),
    conn.hypervisorVersion({ signal }),
    Promise.all(machineTypes(virtType, arch).map((machine) => askMachine(conn, { virtType, arch, machine, signal }))),
    readLocalFacts({ instancesPath, log }, hostPaths),
  ]);
  const answers = machines.filter((one) => typeof one === 'string').map((xml) => parse(DomainCapabilities, xml));
  const host = parse(Capabilities, capabilities);
  const emulator = virtType === 'lxc' ? containerEmulator(host, arch) : answers.find(({ path }) => path)?.path;
  if (emulator === undefined)
    throw unsuitable(
      virtType,
      arch,
      machines.find((one) => typeof one !== 'string'),
    );
  const { libVersion } = conn;
  return {
    ...libvirtFacts({ emulator, libVersion, hypervisorVersion, capabilities: host, machines: answers }),
    ...local,
  };
}

/** Containers have no domain capabilities; the host's name what runs them. */
function containerEmulator({ guests = [] }: Capabilities, arch: string): string | undefined {
  return guests.find((guest) => guest.arch.name === arch && guest.arch.domains?.some(({ type }) => type === 'lxc'))
    ?.arch.emulator;
}

/** Domain capabilities as XML, or libvirt's error where the emulator has no such machine type. */
async function askMachine(
  conn: Connection<EventGap>,
  { signal, ...wanted }: Parameters<Connection['domainCapabilities']>[0] & { signal: AbortSignal | undefined },
): Promise<string | LibvirtError> {
  try {
    return await conn.domainCapabilities({ ...wanted, signal });
  } catch (error) {
    if (error instanceof LibvirtError) return error;
    throw error;
  }
}

/** The machine types that Nova gives guests of an architecture; undefined is libvirt's own default. Containers have none. */
function machineTypes(virtType: ReadHostOptions['virtType'], arch: string): readonly (string | undefined)[] {
  if (virtType === 'lxc') return [];
  if (arch === 'x86_64' || arch === 'i686') return ['pc', 'q35'];
  if (arch === 'aarch64' || arch === 'armv7l') return ['virt'];
  return [undefined];
}
