import { randomBytes } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { type Exec, hostExec } from '@spawnkit/effects';

/** A network namespace of its own, removed by `await using`. */
export interface NetworkNamespace extends AsyncDisposable {
  readonly name: string;
  /** Runs commands inside. */
  readonly exec: Exec;
  /** `ip …` inside, for preparing and looking. */
  ip(...args: readonly string[]): Promise<string>;
  /** Every device with what plugging could change about it, in order of their names. */
  devices(): Promise<readonly Device[]>;
}

export interface Device {
  readonly name: string;
  readonly kind: string | undefined;
  readonly master: string | undefined;
  readonly up: boolean;
  readonly mtu: number;
  readonly alternativeNames: readonly string[];
}

/** Why no namespace can be made here; undefined where one can. */
export const namespaceObstacle = findObstacle();

export async function openNetworkNamespace(): Promise<NetworkNamespace> {
  const host = hostExec();
  const name = `spawnkit-${randomBytes(4).toString('hex')}`;
  await host('ip', ['netns', 'add', name]);
  const exec: Exec = (file, args, options) => host('ip', ['netns', 'exec', name, file, ...args], options);
  const ip = async (...args: readonly string[]) => (await exec('ip', args)).stdout;
  return {
    name,
    exec,
    ip,
    devices: async () =>
      (JSON.parse(await ip('-json', '-details', 'link', 'show')) as readonly IpLink[]).map(asDevice).sort(byName),
    async [Symbol.asyncDispose]() {
      await host('ip', ['netns', 'delete', name]);
    },
  };
}

interface IpLink {
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly master?: string;
  readonly altnames?: readonly string[];
  readonly linkinfo?: { readonly info_kind?: string };
}

function asDevice({ ifname, flags, mtu, master, altnames = [], linkinfo }: IpLink): Device {
  const alternativeNames = altnames.toSorted();
  return { name: ifname, kind: linkinfo?.info_kind, master, up: flags.includes('UP'), mtu, alternativeNames };
}

function byName(one: Device, other: Device): number {
  return one.name < other.name ? -1 : 1;
}

function findObstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  try {
    accessSync('/proc/self/ns/net', constants.R_OK);
    return undefined;
  } catch {
    return 'this kernel has no network namespaces';
  }
}
