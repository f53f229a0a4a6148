import { EffectsError, type Exec } from '@spawnkit/effects';
import { VifError } from './errors.ts';

/** A network device, as far as plugging looks at it. */
export interface Link {
  readonly name: string;
  /** The kernel's number of it, which a device made anew under the same name does not get again. */
  readonly index: number;
  /** Further names of the same device, unique on the host. */
  readonly alternativeNames: readonly string[];
  /** `bridge`, `vlan`, `veth`, `tun`, …; undefined for hardware. */
  readonly kind: string | undefined;
  /** The bridge it is a port of. */
  readonly master: string | undefined;
  /** The other end of a veth, or the device that carries a VLAN device, where it is in the same namespace. */
  readonly link: string | undefined;
  readonly vlanId: number | undefined;
  readonly mtu: number;
  readonly up: boolean;
}

interface IpLink {
  readonly ifname: string;
  readonly ifindex: number;
  readonly altnames?: readonly string[];
  readonly master?: string;
  readonly link?: string | null;
  readonly mtu: number;
  readonly flags: readonly string[];
  readonly linkinfo?: { readonly info_kind?: string; readonly info_data?: { readonly id?: number } };
}

/** What commands take besides their arguments. */
export interface CommandContext {
  readonly exec: Exec;
  readonly signal?: AbortSignal | undefined;
}

/** The kernel answers at once, unless it hangs. */
const TIMEOUT_MS = 60_000;

/** The device of that name, or undefined. Follows ip-link(8), `-json -details`. */
export async function showLink({ exec, signal }: CommandContext, name: string): Promise<Link | undefined> {
  const { stdout, exitCode, stderr } = await exec('ip', ['-json', '-details', 'link', 'show', 'dev', name], {
    signal,
    timeoutMs: TIMEOUT_MS,
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
export async function showPorts(context: CommandContext, bridge: string): Promise<readonly Link[]> {
  return (await ipJson<IpLink>(context, ['-details', 'link', 'show', 'master', bridge])).map(asLink);
}

/** `ip -json …`: what it shows, as a list. */
export async function ipJson<T>({ exec, signal }: CommandContext, args: readonly string[]): Promise<readonly T[]> {
  const { stdout } = await exec('ip', ['-json', ...args], { signal, timeoutMs: TIMEOUT_MS });
  return JSON.parse(stdout.trim() || '[]') as readonly T[];
}

/** `ip link …`; throws what {@link ip} throws. */
export async function ipLink(context: CommandContext, args: readonly string[]): Promise<void> {
  await ip(context, ['link', ...args]);
}

/** Removes a device, if it is there. */
export async function deleteLink(context: CommandContext, name: string): Promise<void> {
  if (await showLink(context, name)) await ipLink(context, ['delete', 'dev', name]);
}

/** `ip …`; throws {@link VifError} `PERMISSION_DENIED`, or {@link EffectsError} `EXEC_FAILED` with what `ip` said. */
export async function ip({ exec, signal }: CommandContext, args: readonly string[]): Promise<void> {
  try {
    await exec('ip', args, { signal, timeoutMs: TIMEOUT_MS });
  } catch (error) {
    throw isRefusal(error) ? notPermitted(args, error) : error;
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof EffectsError && /Operation not permitted/.test(String(error.context['stderr']));
}

function notPermitted(args: readonly string[], cause: unknown): VifError {
  return new VifError('PERMISSION_DENIED', `This user may not change network devices: ip ${args.join(' ')}`, {
    cause,
    fix: 'Run as root, or use a bridge that exists, a libvirt network, or user networking.',
    context: { args },
  });
}

function asLink(link: IpLink): Link {
  return {
    name: link.ifname,
    index: link.ifindex,
    alternativeNames: link.altnames ?? [],
    kind: link.linkinfo?.info_kind,
    master: link.master,
    link: link.link ?? undefined,
    vlanId: link.linkinfo?.info_kind === 'vlan' ? link.linkinfo.info_data?.id : undefined,
    mtu: link.mtu,
    up: link.flags.includes('UP'),
  };
}
