import { Capabilities, parse } from '@spawnkit/guest-config';
import type { Connection } from '@spawnkit/libvirt';
import { firstClosedDirectory } from './closed-directory.ts';
import type { Check, Examination, Finding } from './finding.ts';
import { nearestExisting } from './nearest-existing.ts';

/**
 * Whether QEMU reaches the disks. Under the system daemon it runs as a user of its own, who must be able to pass every
 * directory above them: that is tried as this user.
 */
export const examineInstances: Check = async (examination) => {
  const { paths, settings } = examination.host;
  const what = 'instances';
  if (settings.uri.includes('/session')) return [{ what, verdict: 'good', detail: paths.instances }];
  const closed = await firstClosedDirectory(paths.instances);
  if (closed) {
    const detail = `"${closed}" is closed to other users, so QEMU cannot reach ${paths.instances}`;
    const fix = `chmod o+x ${closed}, or name another place: --instances-dir.`;
    return [{ what, verdict: 'missing', detail, fix }];
  }
  return [await tryAsQemu(examination)];
};

async function tryAsQemu({ host, conn, signal }: Examination): Promise<Omit<Finding, 'check'>> {
  const what = 'instances';
  const { exec, paths } = host;
  const user = conn && process.getuid?.() === 0 ? await qemuUser(conn, signal) : undefined;
  if (!user) return { what, verdict: 'good', detail: paths.instances };
  const { uid, gid } = user;
  const as = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--'];
  const args = [...as, 'test', '-x', await nearestExisting(paths.instances)];
  const { exitCode } = await exec('setpriv', args, { okExitCodes: [0, 1], signal });
  if (exitCode === 0)
    return { what, verdict: 'good', detail: `${paths.instances}, and user ${uid} of QEMU reaches it` };
  const detail = `user ${uid}, as whom QEMU runs, does not reach ${paths.instances}`;
  return {
    what,
    verdict: 'missing',
    detail,
    fix: 'Look at its ACLs and mount options, or name another place: --instances-dir.',
  };
}

/** From the base label that libvirt's DAC driver gives guests: `+64055:+64055`. */
async function qemuUser(
  conn: Connection,
  signal: AbortSignal | undefined,
): Promise<{ readonly uid: string; readonly gid: string } | undefined> {
  const { secmodels = [] } = parse(Capabilities, await conn.capabilities({ signal })).host ?? {};
  const labels = secmodels.find(({ model }) => model === 'dac')?.baselabels ?? [];
  const [, uid, gid] = /^\+(\d+):\+(\d+)$/.exec(labels.find(({ type }) => type === 'qemu')?.label ?? '') ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}
