import { type Chains, DHCP_REQUEST } from './instance-chains.ts';

/** Before the names of all chains that are ours; with it they stay below iptables' 28 characters. */
const PREFIX = 'spawnkit-';

/** How packets come to our chains, first rule first. */
const hooks = [
  ['INPUT', 'INPUT'],
  ['FORWARD', 'local'],
  ['FORWARD', 'FORWARD'],
  ['OUTPUT', 'local'],
] as const;

/** Chains that all instances have in common. */
const shared = ['sg-fallback', 'provider', 'local', 'INPUT', 'FORWARD'] as const;

/** Names of our chains, without the prefix → their rules. */
type Table = ReadonlyMap<string, readonly string[]>;

/**
 * The input of `iptables-restore --noflush` that puts an instance's chains into a table, replacing older ones of the same
 * instance: all at once, or not at all. `saved` is what `iptables-save -t filter` prints. Rules of others stay. Pure.
 */
export function filterUpdate(saved: string, name: string, chains: Chains): string {
  const found = readTable(saved);
  const own = (chain: string) => (chains[chain] ?? []).map((rule) => rule.replaceAll('$', PREFIX));
  const common = shared.map((chain) => [chain, union(withoutJumps(rulesOf(found, chain), name), own(chain))] as const);
  return restoreText(saved, found, new Map([...found, ...common, [name, own(name)]]));
}

/**
 * The input of `iptables-restore --noflush` that takes an instance's chain out of a table, and with the last user everything
 * that is ours; undefined when there is nothing to take out. Rules for all instances (`provider`) keep the rest. Pure.
 */
export function filterRemoval(saved: string, name: string): string | undefined {
  const found = readTable(saved);
  if (!found.has(name)) return undefined;
  const others = [...found].filter(([chain]) => chain !== name);
  const next = new Map(others.map(([chain, rules]) => [chain, withoutJumps(rules, name)]));
  return restoreText(saved, found, isUsed(next) ? withoutRequests(next) : new Map());
}

/** The input that lets rules of its own forward for a bridge; undefined when they are there. Pure. */
export function forwardUpdate(saved: string, rules: readonly string[]): string | undefined {
  const found = readTable(saved);
  const before = rulesOf(found, 'FORWARD');
  if (rules.every((rule) => before.includes(rule))) return undefined;
  const common = shared.map((chain) => [chain, rulesOf(found, chain)] as const);
  return restoreText(saved, found, new Map([...found, ...common, ['FORWARD', union(before, rules)]]));
}

/** The inverse of {@link forwardUpdate}. Pure. */
export function forwardRemoval(saved: string, rules: readonly string[]): string | undefined {
  const found = readTable(saved);
  const before = rulesOf(found, 'FORWARD');
  const left = before.filter((rule) => !rules.includes(rule));
  if (left.length === before.length) return undefined;
  const next = new Map([...found, ['FORWARD', left]]);
  return restoreText(saved, found, isUsed(next) ? next : new Map());
}

/** Whether an instance, a bridge or a rule for all needs our part of the table. */
function isUsed(table: Table): boolean {
  const forwards = rulesOf(table, 'FORWARD').some((rule) => rule !== DHCP_REQUEST);
  return hasInstances(table) || forwards || rulesOf(table, 'provider').length > 0;
}

/** Without instances, nobody asks for addresses. */
function withoutRequests(table: Table): Table {
  if (hasInstances(table)) return table;
  return new Map([...table].map(([chain, rules]) => [chain, rules.filter((rule) => rule !== DHCP_REQUEST)]));
}

function hasInstances(table: Table): boolean {
  return [...table.keys()].some((chain) => chain.startsWith('inst-'));
}

function withoutJumps(rules: readonly string[], name: string): readonly string[] {
  return rules.filter((rule) => !` ${rule} `.includes(` -j ${PREFIX}${name} `));
}

function union(rules: readonly string[], more: readonly string[]): readonly string[] {
  return [...new Set([...rules, ...more])];
}

function rulesOf(table: Table, chain: string): readonly string[] {
  return table.get(chain) ?? [];
}

function restoreText(saved: string, found: Table, next: Table): string {
  const gone = [...found.keys()].filter((chain) => !next.has(chain));
  const lines = [
    // A chain that is there is emptied by this.
    ...[...next.keys()].map((chain) => `:${PREFIX}${chain} - [0:0]`),
    ...[...next].flatMap(([chain, rules]) => rules.map((rule) => `-A ${PREFIX}${chain} ${rule}`)),
    ...(next.size > 0 ? missingHooks(saved) : foundHooks(saved).map((rule) => `-D ${rule}`)),
    // Emptied first: a chain that others lead to cannot be removed.
    ...gone.map((chain) => `-F ${PREFIX}${chain}`),
    ...gone.map((chain) => `-X ${PREFIX}${chain}`),
  ];
  return ['*filter', ...lines, 'COMMIT', ''].join('\n');
}

/** Each becomes the first rule of its chain, so the last comes first. */
function missingHooks(saved: string): readonly string[] {
  const found = foundHooks(saved);
  const missing = hooks.filter(([chain, target]) => !found.includes(hookText(chain, target)));
  return missing.map(([chain, target]) => `-I ${chain} 1 -j ${PREFIX}${target}`).toReversed();
}

function foundHooks(saved: string): readonly string[] {
  const known = hooks.map(([chain, target]) => hookText(chain, target));
  return addedRules(saved).filter((rule) => known.includes(rule));
}

function hookText(chain: string, target: string): string {
  return `${chain} -j ${PREFIX}${target}`;
}

function readTable(saved: string): Table {
  const start = `:${PREFIX}`;
  const declared = saved.split('\n').filter((line) => line.startsWith(start));
  const names = declared.map((line) => line.slice(start.length).split(' ', 1)[0] ?? '');
  const added = addedRules(saved);
  const of = (name: string) => added.filter((rule) => rule.startsWith(`${PREFIX}${name} `));
  return new Map(names.map((name) => [name, of(name).map((rule) => rule.slice(PREFIX.length + name.length + 1))]));
}

/** Chain and rule each. */
function addedRules(saved: string): readonly string[] {
  return saved.split('\n').flatMap((line) => (line.startsWith('-A ') ? [line.slice(3).trimEnd()] : []));
}
