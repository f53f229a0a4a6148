import { readRbdCluster, readRbdPool, readVolumeGroup } from '@spawnkit/image-backend';
import { formatSize } from '../spec/units.ts';
import { secretFix } from '../spawn/check-storage.ts';
import { secretState } from '../spawn/secret-state.ts';
import { lvmOptions, rbdOptions } from '../spawn/storage-settings.ts';
import type { Check, Examination, Finding } from './finding.ts';

type Found = Omit<Finding, 'check'>;

const MiB = 1n << 20n;
/** So much a sparse disk takes at least. */
const LEAST_FREE_BYTES = 64n * MiB;

/** Where the disks of instances lie, if that is elsewhere than in files: the volume group, or the pool in Ceph. */
export const examineStorage: Check = async (examination) => {
  const { imagesType } = examination.host.settings;
  if (imagesType === 'lvm') return examineLvm(examination);
  if (imagesType === 'rbd') return examineCeph(examination);
  return [];
};

async function examineLvm({ host, signal }: Examination): Promise<readonly Found[]> {
  const { exec, settings } = host;
  const options = lvmOptions(settings);
  const what = `volume group ${options.imagesVolumeGroup}`;
  const group = await found(what, 'vgcreate makes it, or correct `imagesVolumeGroup`.', signal, async () => {
    const { freeBytes } = await readVolumeGroup({ exec, ...options }, { signal });
    const detail = `${formatSize(freeBytes)} free`;
    if (freeBytes >= LEAST_FREE_BYTES) return { what, verdict: 'good', detail };
    return { what, verdict: 'warning', detail, fix: 'Delete instances, or extend the group: vgextend.' };
  });
  if (!options.sparseLogicalVolumes) return [group];
  return [group, await examineThin(host, signal)];
}

/** LVM checks a thin pool by a program of its own whenever it opens one. */
async function examineThin({ exec }: Examination['host'], signal: AbortSignal | undefined): Promise<Found> {
  const what = 'sparse volumes';
  return found(what, 'apt-get install thin-provisioning-tools', signal, async () => {
    const { stdout } = await exec('thin_check', ['--version'], { signal, timeoutMs: 10_000 });
    return { what, verdict: 'good', detail: `thin_check ${stdout.trim()}` };
  });
}

async function examineCeph({ host, conn, signal }: Examination): Promise<readonly Found[]> {
  const client = { exec: host.exec, ...rbdOptions(host.settings) };
  const what = 'Ceph cluster';
  const cluster = await found(what, 'See whether it is up: ceph status.', signal, async () => {
    const { fsid, monitors } = await readRbdCluster(client, { signal });
    const places = monitors.map(({ name, port }) => `${name}:${port}`).join(', ');
    return { what, verdict: 'good', detail: `${fsid} answers at ${places}` };
  });
  if (cluster.verdict === 'missing') return [cluster];
  const pool = await found(`pool ${client.imagesRbdPool}`, 'Make it, or correct `imagesRbdPool`.', signal, async () => {
    const { images } = await readRbdPool(client, { signal });
    return { what: `pool ${client.imagesRbdPool}`, verdict: 'good', detail: `${images} images` };
  });
  if (client.rbdSecretUuid === undefined || !conn) return [cluster, pool];
  return [cluster, pool, await examineSecret(conn, client.rbdSecretUuid, signal)];
}

async function examineSecret(
  conn: NonNullable<Examination['conn']>,
  uuid: string,
  signal: AbortSignal | undefined,
): Promise<Found> {
  const what = 'secret for Ceph';
  return found(what, 'See libvirt’s log.', signal, async () => {
    const state = await secretState(conn, uuid, { signal });
    if (state === 'usable') return { what, verdict: 'good', detail: `${uuid} has a value` };
    if (state === 'private') return { what, verdict: 'warning', detail: `${uuid} is there; its value is private` };
    const detail = state === 'missing' ? `libvirt does not know ${uuid}` : `${uuid} has no value`;
    return { what, verdict: 'missing', detail, fix: secretFix(uuid, state) };
  });
}

/** What `look` found; what it throws as something missing. */
async function found(
  what: string,
  fix: string,
  signal: AbortSignal | undefined,
  look: () => Promise<Found>,
): Promise<Found> {
  try {
    return await look();
  } catch (error) {
    signal?.throwIfAborted();
    return { what, verdict: 'missing', detail: (error as Error).message, fix };
  }
}
