import { acquireLock } from '@spawnkit/effects';
import { build, NetworkFilter } from '@spawnkit/guest-config';
import type { Vif } from '@spawnkit/instance';
import { LibvirtError, namedUuid, NotFoundError, type Nwfilter } from '@spawnkit/libvirt';
import { VifError } from '../errors.ts';
import type { FirewallContext } from './firewall.ts';
import type { FirewallRequest } from './firewall-request.ts';
import { instanceFilter, instanceFilterName } from './instance-filter.ts';
import { staticFilters } from './static-filters.ts';

/** Nova's `live_migration_retry_count`: how often a filter is tried that libvirt says is in use, a second apart. */
const RETRIES = 30;

/** Defines the filters of an instance's VIFs; those that they refer to first, where they are missing. */
export async function defineFilters(request: FirewallRequest, context: FirewallContext): Promise<void> {
  await using _lock = await acquireLock(lockOf(context));
  const filters = request.networkInfo.map((vif) => instanceFilter(request, vif));
  for (const filter of staticFilters) {
    if (!(await find(filter.name, context))) await define(filter, undefined, context);
  }
  for (const filter of filters) await define(filter, await find(filter.name, context), context);
}

/**
 * The inverse of {@link defineFilters}: waits while a domain that ends still uses one. The common ones go with the last
 * instance's, if they were made here. Throws {@link VifError} `FILTER_IN_USE`.
 */
export async function removeFilters(request: FirewallRequest, context: FirewallContext): Promise<void> {
  for (const vif of request.networkInfo) await removeFilter(request, vif, context);
  await using _lock = await acquireLock(lockOf(context));
  const { conn, signal } = context;
  const all = await conn.nwfilters.list({ signal });
  if (all.some(({ name }) => name.startsWith('nova-instance-'))) return;
  for (const { name } of staticFilters.toReversed()) {
    const filter = all.find((one) => one.name === name && one.uuid === ownUuid(name));
    if (filter) await undefineUnused(filter, context);
  }
}

async function define(filter: NetworkFilter, found: Nwfilter | undefined, context: FirewallContext): Promise<void> {
  const { conn, signal } = context;
  // libvirt refuses a second uuid for one name.
  const uuid = found?.uuid ?? ownUuid(filter.name);
  await conn.nwfilters.define(build(NetworkFilter, { ...filter, uuid }), { signal });
}

async function find(name: string, { conn, signal }: FirewallContext): Promise<Nwfilter | undefined> {
  return conn.nwfilters.byName(name, { signal }).catch(absent);
}

async function removeFilter({ instanceName }: FirewallRequest, vif: Vif, context: FirewallContext): Promise<void> {
  const name = instanceFilterName(instanceName, vif);
  for (let attempt = 1; ; attempt++) {
    const filter = await find(name, context);
    if (!filter || (await undefineUnused(filter, context))) return;
    if (attempt === RETRIES) throw inUse(vif, name);
    context.log?.debug('the network filter is in use, trying again', { filter: name, attempt });
    await context.clock.sleep(1000, { signal: context.signal });
  }
}

/** False when something uses it. */
async function undefineUnused(filter: Nwfilter, { signal }: FirewallContext): Promise<boolean> {
  try {
    await filter.undefine({ signal });
    return true;
  } catch (error) {
    if (error instanceof NotFoundError) return true;
    if (error instanceof LibvirtError && error.is('OPERATION_INVALID')) return false;
    throw error;
  }
}

function absent(error: unknown): undefined {
  if (!(error instanceof NotFoundError)) throw error;
}

function inUse(vif: Vif, filter: string): VifError {
  return new VifError(
    'FILTER_IN_USE',
    `VIF ${vif.id}: the network filter "${filter}" is still in use after ${RETRIES} s`,
    {
      fix: `See who uses it: virsh nwfilter-binding-list; end that domain, then delete the instance again.`,
      context: { vif: vif.id, filter },
    },
  );
}

/** Of a filter that is made here: always the same, so that it can be told from others of that name. */
function ownUuid(name: string): string {
  return namedUuid(`spawnkit network filter ${name}`);
}

function lockOf({ locksPath, signal }: FirewallContext) {
  return { directory: locksPath, name: 'nwfilter', signal };
}
