import type { Link } from '../ip.ts';

/** What a bridge's alternative names say of an uplink: who it is, and whether it was up before it became a port. */
export interface UplinkMark {
  /** As `bridge_interface` names it, which may be an alternative name. */
  readonly uplink: string;
  readonly wasUp: boolean;
}

const VIF = 'spawnkit-vif-';
const UPLINK = { up: 'spawnkit-uplink-up-', down: 'spawnkit-uplink-down-' };

/** The alternative name that says that a VIF uses the bridge it stands on. */
export function vifMark(vif: string): string {
  return `${VIF}${vif}`;
}

/** The marks of all VIFs that use a bridge. None: the bridge is somebody else's. */
export function vifMarks(bridge: Link): readonly string[] {
  return bridge.alternativeNames.filter((name) => name.startsWith(VIF));
}

/** The alternative name that keeps what an uplink was before it became a port. */
export function uplinkMark({ uplink, wasUp }: UplinkMark): string {
  return `${wasUp ? UPLINK.up : UPLINK.down}${uplink}`;
}

/** What {@link uplinkMark} wrote on a bridge. */
export function readUplinkMark(bridge: Link): UplinkMark | undefined {
  for (const name of bridge.alternativeNames) {
    if (name.startsWith(UPLINK.up)) return { uplink: name.slice(UPLINK.up.length), wasUp: true };
    if (name.startsWith(UPLINK.down)) return { uplink: name.slice(UPLINK.down.length), wasUp: false };
  }
  return undefined;
}
