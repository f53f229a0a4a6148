import { EffectsError, type Exec } from '@spawnkit/effects';
import { VifError } from './errors.ts';

/** A network device, as far as plugging looks at it. */
export interface Link {
  readonly name: string;
  /** Further names of the same device, unique on the host. */
  readonly alternativeNames: readonly string[];
  /** `bridge`, `vlan`, `veth`, …; undefined for hardware. */
  readonly kind: string | undefined;
  /** The bridge it is a port of. */
  readonly master: string | undefined;
  readonly mtu: number;
  readonly up: boolean;
}

interface IpLink {
  readonly ifname: string;
  readonly altnames?: readonly string[];
  readonly master?: string;
  readonly mtu: number;
  readonly flags: readonly string[];
  readonly linkinfo?: { readonly info_kind?: string };
}

interface IpOptions {
  readonly signal?: AbortSignal | undefined;
}

/** The device of that name, or undefined. Follows ip-link(8), `-json -details`. */
export async function showLink(exec: Exec, name: string, { signal }: IpOptions = {}): Promise<Link | undefined> {
  const { stdout, exitCode, stderr } = await exec('ip', ['-json', '-details', 'link', 'show', 'dev', name], {
    signal,
    okExitCodes: [0, 1],
  });
  if (exitCode === 0) return (JSON.parse(stdout) as readonly IpLink[]).map(asLink)[0];
  if (/does not exist/.test(stderr)) return undefined;
  throw new EffectsError('EXEC_FAILED', `Cannot look at the network device "${name}": ${stderr.trim()}`, { name });
}

/** Whether a device goes by that name, or has it as an alternative name. */
export function isNamed(link: Link, name: string): boolean {
  return link.name === name || link.alternativeNames.includes(name);
}

/** The ports of a bridge. */
export async function showPorts(exec: Exec, bridge: string, { signal }: IpOptions = {}): Promise<readonly Link[]> {
  const { stdout } = await exec('ip', ['-json', '-details', 'link', 'show', 'master', bridge], { signal });
  return (JSON.parse(stdout || '[]') as readonly IpLink[]).map(asLink);
}

/** Whether the device has addresses of its own that others reach it by. */
export async function hasAddresses(exec: Exec, name: string, { signal }: IpOptions = {}): Promise<boolean> {
  const { stdout } = await exec('ip', ['-json', 'address', 'show', 'dev', name, 'scope', 'global'], { signal });
  const [link] = JSON.parse(stdout || '[]') as readonly { readonly addr_info?: readonly unknown[] }[];
  return (link?.addr_info?.length ?? 0) > 0;
}

/** `ip link …`; throws {@link VifError} `PERMISSION_DENIED`, or {@link EffectsError} `EXEC_FAILED` with what `ip` said. */
export async function ipLink(exec: Exec, args: readonly string[], { signal }: IpOptions = {}): Promise<void> {
  try {
    await exec('ip', ['link', ...args], { signal });
  } catch (error) {
    throw isRefusal(error) ? notPermitted(args, error) : error;
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof EffectsError && /Operation not permitted/.test(String(error.context['stderr']));
}

function notPermitted(args: readonly string[], cause: unknown): VifError {
  return new VifError('PERMISSION_DENIED', `This user may not change network devices: ip link ${args.join(' ')}`, {
    cause,
    fix: 'Run as root, or use a bridge that exists, a libvirt network, or user networking.',
    context: { args },
  });
}

function asLink(link: IpLink): Link {
  return {
    name: link.ifname,
    alternativeNames: link.altnames ?? [],
    kind: link.linkinfo?.info_kind,
    master: link.master,
    mtu: link.mtu,
    up: link.flags.includes('UP'),
  };
}
