import { acquireLock } from '@spawnkit/effects';
import { deviceKey } from '../bridge/bridge-name.ts';
import { VifError } from '../errors.ts';
import { deleteLink, ipLink, type Link, showLink } from '../ip.ts';
import type { VifContext } from '../vif-type.ts';
import type { VlanRequest } from './vlan-request.ts';

/** Other than a bridge's: an alternative name is unique on the host. */
const MARK = 'spawnkit-vlan-';

type Context = Pick<VifContext, 'exec' | 'signal' | 'locksPath'>;

/** Throws when the device could not be used or made. Changes nothing. */
export async function checkVlan(request: VlanRequest, context: Omit<Context, 'locksPath'>): Promise<Link | undefined> {
  const found = await showLink(context, request.name);
  if (found) checkFoundVlan(request, found);
  else if (!(await showLink(context, request.carrier))) throw missingCarrier(request);
  return found;
}

/**
 * Makes a VLAN device unless it exists, and sees that it is up. One that is made here carries an alternative name per VIF,
 * as bridges do, and goes with the last of them. Throws `INTERFACE_NOT_FOUND`, `DEVICE_CONFLICT`.
 */
export async function ensureVlan(request: VlanRequest, context: Context): Promise<void> {
  await using _lock = await acquireLock(lockOf(request, context));
  await deleteLink(context, unfinishedVlan(request));
  const found = await checkVlan(request, context);
  if (!found) await createVlan(request, context);
  else if (isOurs(found)) await joinVlan(request, found, context);
}

/** The inverse of {@link ensureVlan}. */
export async function leaveVlan(request: VlanRequest, context: Context): Promise<void> {
  await using _lock = await acquireLock(lockOf(request, context));
  await deleteLink(context, unfinishedVlan(request));
  const found = await showLink(context, request.name);
  const mark = markOf(request);
  if (!found?.alternativeNames.includes(mark)) return;
  const isLast = found.alternativeNames.every((name) => name === mark || !name.startsWith(MARK));
  if (isLast) await ipLink(context, ['delete', 'dev', found.name]);
  else await ipLink(context, ['property', 'del', 'dev', found.name, 'altname', mark]);
}

async function createVlan(request: VlanRequest, context: Context): Promise<void> {
  const { name, carrier, id } = request;
  const unfinished = unfinishedVlan(request);
  await ipLink(context, ['add', 'link', carrier, 'name', unfinished, 'type', 'vlan', 'id', String(id)]);
  await addMark(unfinished, markOf(request), context);
  await ipLink(context, ['set', 'dev', unfinished, 'name', name]);
  await ipLink(context, ['set', 'dev', name, 'up']);
}

async function joinVlan(request: VlanRequest, found: Link, context: Context): Promise<void> {
  const mark = markOf(request);
  if (!found.alternativeNames.includes(mark)) await addMark(found.name, mark, context);
  if (!found.up) await ipLink(context, ['set', 'dev', found.name, 'up']);
}

function checkFoundVlan({ vif, name, carrier, id }: VlanRequest, found: Link): void {
  const isWanted = found.kind === 'vlan' && found.vlanId === id && (found.link === undefined || found.link === carrier);
  if (isWanted) return;
  const what =
    found.kind === 'vlan' ? `VLAN ${found.vlanId} of "${found.link}"` : `a ${found.kind ?? 'network'} device`;
  throw new VifError('DEVICE_CONFLICT', `VIF ${vif}: "${name}" is ${what}, not VLAN ${id} of "${carrier}"`, {
    fix: 'Remove that device, or name another.',
    context: { vif, device: name, carrier, vlan: id, kind: found.kind, foundVlan: found.vlanId },
  });
}

function missingCarrier({ vif, name, carrier }: VlanRequest): VifError {
  return new VifError('INTERFACE_NOT_FOUND', `VIF ${vif}: there is no device "${carrier}" to carry "${name}"`, {
    fix: 'Correct the device that the network or the binding names.',
    context: { vif, device: name, carrier },
  });
}

function isOurs(found: Link): boolean {
  return found.alternativeNames.some((name) => name.startsWith(MARK));
}

function markOf({ vif }: VlanRequest): string {
  return `${MARK}${vif}`;
}

function unfinishedVlan({ name }: VlanRequest): string {
  return `skv-${deviceKey(name)}`;
}

async function addMark(device: string, mark: string, context: Context): Promise<void> {
  await ipLink(context, ['property', 'add', 'dev', device, 'altname', mark]);
}

function lockOf({ name }: VlanRequest, { locksPath, signal }: Context) {
  return { directory: locksPath, name: `vlan-${deviceKey(name)}`, signal };
}
