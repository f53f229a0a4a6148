import { existsSync } from 'node:fs';
import type { Check } from './finding.ts';

/** Where daemons listen: the one for all drivers, and the one for QEMU alone. */
const sockets = [
  ['libvirtd', '/run/libvirt/libvirt-sock'],
  ['virtqemud', '/run/libvirt/virtqemud-sock'],
] as const;

/** Whether the daemon answers, which one it is, and how old. */
export const examineLibvirt: Check = async ({ host, conn, signal }) => {
  const what = 'libvirt';
  const { uri } = host.settings;
  if (!conn) {
    // Asked again for its reason.
    const error = await host.connect({ signal }).then(
      () => undefined,
      (error: unknown) => error as Error,
    );
    const fix = error && 'fix' in error && typeof error.fix === 'string' ? error.fix : undefined;
    return [{ what, verdict: 'missing', detail: `${uri}: ${error?.message ?? 'it answered too late'}`, fix }];
  }
  const { major, minor, micro } = conn.libVersion;
  const listening = sockets.filter(([, path]) => existsSync(path)).map(([name]) => name);
  const daemons = listening.length > 0 ? ` (system sockets: ${listening.join(', ')})` : '';
  return [{ what, verdict: 'good', detail: `${major}.${minor}.${micro} answers at ${uri}${daemons}` }];
};
