import { VifError } from '../errors.ts';
import { type Link, showLink } from '../ip.ts';
import type { VifContext } from '../vif-type.ts';
import { readUplinkMark, type UplinkMark, vifMarks } from './bridge-mark.ts';
import { unfinishedName } from './bridge-name.ts';
import type { BridgeRequest } from './bridge-request.ts';

/** The uplink of a bridge that is about to be made. Throws `INTERFACE_NOT_FOUND` and `DEVICE_CONFLICT`. */
export async function checkUplink(
  request: BridgeRequest,
  context: Pick<VifContext, 'exec' | 'signal'>,
): Promise<UplinkMark | undefined> {
  const { uplink, name, mtu } = request;
  if (!uplink) return undefined;
  const link = await showLink(context, uplink);
  if (!link) throw missingUplink(request);
  // A port of the bridge in question: another VIF's plug is on its way, or was cut off.
  if (link.master && ![name, unfinishedName(name)].includes(link.master)) {
    throw conflict(request, `"${uplink}" is a port of "${link.master}" already, not free for "${name}"`, {
      fix: `Take it out of "${link.master}", or name another bridge_interface.`,
      master: link.master,
    });
  }
  const isLow = mtu !== undefined && link.mtu < mtu;
  return { uplink, wasUp: link.up, formerMtu: isLow ? link.mtu : undefined };
}

/** The device that has the bridge's name. Throws `DEVICE_CONFLICT` unless the VIF can use it. */
export function checkFoundBridge(request: BridgeRequest, found: Link): void {
  if (found.kind !== 'bridge') {
    throw conflict(request, `"${found.name}" is a ${found.kind ?? 'network'} device, not a Linux bridge`, {
      fix: 'Name a Linux bridge, or another type of VIF.',
      kind: found.kind,
    });
  }
  if (!request.create || vifMarks(found).length === 0) return;
  const carrier = readUplinkMark(found)?.uplink;
  if (carrier === request.uplink) return;
  throw conflict(
    request,
    `"${found.name}" was made with the uplink ${quoted(carrier)}, and this VIF wants ${quoted(request.uplink)}`,
    { fix: 'Give all networks of one bridge the same bridge_interface.', carrier },
  );
}

/** Throws `BRIDGE_NOT_FOUND`. */
export function missingBridge({ vif, name }: BridgeRequest): VifError {
  return new VifError('BRIDGE_NOT_FOUND', `VIF ${vif}: there is no bridge "${name}" on this host`, {
    fix: `Create it (ip link add ${name} type bridge), or set should_create_bridge in the network's meta.`,
    context: { vif, bridge: name },
  });
}

function missingUplink({ vif, name, uplink }: BridgeRequest): VifError {
  return new VifError(
    'INTERFACE_NOT_FOUND',
    `VIF ${vif}: there is no device "${uplink}" to carry the bridge "${name}"`,
    {
      fix: 'Correct bridge_interface of the network.',
      context: { vif, uplink, bridge: name },
    },
  );
}

function conflict(
  { vif, name, uplink }: BridgeRequest,
  message: string,
  { fix, ...more }: { readonly fix: string } & Readonly<Record<string, unknown>>,
): VifError {
  return new VifError('DEVICE_CONFLICT', `VIF ${vif}: ${message}`, {
    fix,
    context: { vif, bridge: name, uplink, ...more },
  });
}

function quoted(name: string | undefined): string {
  return name === undefined ? '(none)' : `"${name}"`;
}
