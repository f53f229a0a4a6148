import { type CommandContext, ip, ipJson } from './ip.ts';

interface IpAddress {
  readonly family: 'inet' | 'inet6';
  readonly local: string;
  /** The other end of a point-to-point connection. */
  readonly address?: string;
  readonly prefixlen: number;
  readonly broadcast?: string;
  /** It ends by itself, or is renewed by whoever gave it. */
  readonly dynamic?: boolean;
  readonly valid_life_time?: number;
  readonly preferred_life_time?: number;
}

interface IpRoute {
  /** `default`, an address or a prefix. */
  readonly dst: string;
  readonly gateway?: string;
  /** `kernel` comes and goes with an address, `ra` with a router's advertisements. */
  readonly protocol?: string;
  readonly scope?: string;
  readonly prefsrc?: string;
  readonly metric?: number;
  readonly flags?: readonly string[];
}

/** What a host is reached by on one device. */
export interface HostAddresses {
  readonly addresses: readonly IpAddress[];
  readonly routes: readonly (IpRoute & { readonly family: IpAddress['family'] })[];
}

const families = ['inet', 'inet6'] as const;

/** The global addresses of a device and the routes over it, without those that the kernel makes itself. */
export async function showAddresses(context: CommandContext, device: string): Promise<HostAddresses> {
  const words = ['address', 'show', 'dev', device, 'scope', 'global'];
  const shown = await ipJson<{ readonly addr_info?: readonly IpAddress[] }>(context, words);
  // ip prints what its filter leaves out as empty objects.
  const all = shown.flatMap((one) => one.addr_info ?? []).filter((one) => one.local !== undefined);
  const addresses = all.filter((one) => one.family === 'inet' || !one.dynamic);
  if (addresses.length === 0) return { addresses, routes: [] };
  const routes: HostAddresses['routes'][number][] = [];
  for (const family of families) {
    const found = await ipJson<IpRoute>(context, ['-family', family, 'route', 'show', 'dev', device]);
    const own = found.filter(({ protocol = '' }) => !['kernel', 'ra'].includes(protocol));
    routes.push(...own.map((one) => ({ ...one, family })));
  }
  return { addresses, routes };
}

/**
 * Gives addresses and routes of one device to another, so that the host is reached over that. The new place has them before
 * the old one loses them; to do it again completes one that was cut off.
 */
export async function moveAddresses(context: CommandContext, from: string, to: string): Promise<void> {
  const { addresses, routes } = await showAddresses(context, from);
  for (const one of addresses) await ip(context, ['address', 'replace', ...addressWords(one), 'dev', to]);
  for (const one of routes)
    await ip(context, ['-family', one.family, 'route', 'replace', ...routeWords(one), 'dev', to]);
  if (addresses.some(({ family }) => family === 'inet')) {
    // All at once: of two in one prefix, the second goes with the first.
    await ip(context, ['-family', 'inet', 'address', 'flush', 'dev', from, 'scope', 'global']);
  }
  for (const { family, local, prefixlen } of addresses) {
    if (family === 'inet6') await ip(context, ['address', 'delete', `${local}/${prefixlen}`, 'dev', from]);
  }
}

function addressWords(one: IpAddress): readonly string[] {
  const { family, local, address, prefixlen, broadcast } = one;
  return [
    ...(address === undefined ? [`${local}/${prefixlen}`] : [local, 'peer', `${address}/${prefixlen}`]),
    ...(broadcast === undefined ? [] : ['broadcast', broadcast]),
    ...(one.dynamic ? lifetimeWords(one) : []),
    // It is the host's own, only elsewhere.
    ...(family === 'inet6' ? ['nodad'] : []),
  ];
}

function lifetimeWords({ valid_life_time: valid, preferred_life_time: preferred }: IpAddress): readonly string[] {
  if (valid === undefined || preferred === undefined) return [];
  return ['valid_lft', String(valid), 'preferred_lft', String(preferred)];
}

function routeWords({ dst, gateway, protocol, scope, prefsrc, metric, flags = [] }: IpRoute): readonly string[] {
  return [
    dst,
    ...(gateway === undefined ? [] : ['via', gateway]),
    ...(protocol === undefined ? [] : ['proto', protocol]),
    ...(scope === undefined ? [] : ['scope', scope]),
    ...(prefsrc === undefined ? [] : ['src', prefsrc]),
    ...(metric === undefined ? [] : ['metric', String(metric)]),
    ...(flags.includes('onlink') ? ['onlink'] : []),
  ];
}
