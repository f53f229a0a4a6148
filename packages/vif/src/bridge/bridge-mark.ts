import type { Link } from '../ip.ts';

/** What a bridge's alternative names say of an uplink: who it is, and what it was before it became a port. */
export interface UplinkMark {
  /** As the network names it, which may be an alternative name. */
  readonly uplink: string;
  readonly wasUp: boolean;
  /** Its MTU before it was raised to the network's; undefined when it was not. */
  readonly formerMtu: number | undefined;
}

const VIF = 'spawnkit-vif-';
const UPLINK = { up: 'spawnkit-uplink-up-', down: 'spawnkit-uplink-down-' };
const FORMER_MTU = /^spawnkit-uplink-mtu-(\d+)-/;

/** The alternative name that says that a VIF uses the bridge it stands on. */
export function vifMark(vif: string): string {
  return `${VIF}${vif}`;
}

/** The marks of all VIFs that use a bridge. None: the bridge is somebody else's. */
export function vifMarks(bridge: Link): readonly string[] {
  return bridge.alternativeNames.filter((name) => name.startsWith(VIF));
}

/** The alternative names that keep what an uplink was before it became a port; each is unique on the host. */
export function uplinkMarks({ uplink, wasUp, formerMtu }: UplinkMark): readonly string[] {
  const was = `${wasUp ? UPLINK.up : UPLINK.down}${uplink}`;
  return formerMtu === undefined ? [was] : [`spawnkit-uplink-mtu-${formerMtu}-${uplink}`, was];
}

/** What {@link uplinkMarks} wrote on a bridge. */
export function readUplinkMark(bridge: Link): UplinkMark | undefined {
  const formerMtu = bridge.alternativeNames.flatMap((name) => FORMER_MTU.exec(name)?.[1] ?? []).map(Number)[0];
  for (const name of bridge.alternativeNames) {
    if (name.startsWith(UPLINK.up)) return { uplink: name.slice(UPLINK.up.length), wasUp: true, formerMtu };
    if (name.startsWith(UPLINK.down)) return { uplink: name.slice(UPLINK.down.length), wasUp: false, formerMtu };
  }
  return undefined;
}
