import { acquireLock, type Exec } from '@spawnkit/effects';
import { filterRemoval, filterUpdate, forwardRemoval, forwardUpdate } from './filter-table.ts';
import type { FirewallRequest } from './firewall-request.ts';
import { instanceChain, instanceChains } from './instance-chains.ts';

interface Context {
  readonly exec: Exec;
  readonly locksPath: string;
  readonly signal?: AbortSignal | undefined;
}

/** Gives an instance its chains: one transaction of `iptables-restore`, and one of `ip6tables-restore` where IPv6 is used. */
export async function filterInstance(request: FirewallRequest, context: Context): Promise<void> {
  const { v4, v6 } = instanceChains(request);
  const name = instanceChain(request.chain);
  await change('iptables', (saved) => filterUpdate(saved, name, v4), context);
  if (request.useIpv6) await change('ip6tables', (saved) => filterUpdate(saved, name, v6), context);
}

/** The inverse of {@link filterInstance}. */
export async function unfilterInstance(request: FirewallRequest, context: Context): Promise<void> {
  const name = instanceChain(request.chain);
  await change('iptables', (saved) => filterRemoval(saved, name), context);
  if (request.useIpv6) await change('ip6tables', (saved) => filterRemoval(saved, name), context);
}

/** Lets everything pass that comes from a bridge or goes to it: nobody else filters its ports, nor must the host. */
export async function forwardBridge(bridge: string, context: Context): Promise<void> {
  await change('iptables', (saved) => forwardUpdate(saved, forwardRules(bridge)), context);
}

/** The inverse of {@link forwardBridge}. */
export async function unforwardBridge(bridge: string, context: Context): Promise<void> {
  await change('iptables', (saved) => forwardRemoval(saved, forwardRules(bridge)), context);
}

function forwardRules(bridge: string): readonly string[] {
  return [`-i ${bridge} -j ACCEPT`, `-o ${bridge} -j ACCEPT`];
}

const TIMEOUT_MS = 60_000;

/** One at a time: between reading and writing, our chains must not change. */
async function change(
  tool: 'iptables' | 'ip6tables',
  edit: (saved: string) => string | undefined,
  { exec, locksPath, signal }: Context,
): Promise<void> {
  await using _lock = await acquireLock({ directory: locksPath, name: tool, signal });
  const { stdout } = await exec(`${tool}-save`, ['-t', 'filter'], { signal, timeoutMs: TIMEOUT_MS });
  const input = edit(stdout);
  if (input === undefined) return;
  await exec(`${tool}-restore`, ['--noflush'], { input, signal, timeoutMs: TIMEOUT_MS });
}
