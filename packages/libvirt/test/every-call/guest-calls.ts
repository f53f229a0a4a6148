import type { Domain } from '../../src/index.ts';
import { dom, type World } from './world.ts';

const flags = 0;

/** What needs the agent of a guest that runs. */
export async function walkAgent({ walk: { call } }: World, domain: Domain): Promise<void> {
  const d = dom(domain);
  await call('domainAgentSetResponseTimeout', { ...d, timeout: 10, flags });
  await call('domainAgentCommand', { ...d, cmd: '{"execute":"guest-ping"}', timeout: 10, flags });
  await call('domainGetGuestInfo', { ...d, types: 0, flags });
  await call('domainGetHostname', { ...d, flags });
  await call('domainGetHostname', { ...d, flags: 2 });
  await call('domainGetTime', { ...d, flags });
  await call('domainSetTime', { ...d, seconds: 1_700_000_000n, nseconds: 0, flags });
  await call('domainGetFsinfo', { ...d, flags });
  await call('domainFsfreeze', { ...d, mountpoints: [], flags });
  await call('domainFsthaw', { ...d, mountpoints: [], flags });
  await call('domainFstrim', { ...d, minimum: 0n, flags });
  await call('domainGetGuestVcpus', { ...d, flags });
  await call('domainSetGuestVcpus', { ...d, cpumap: '1', state: 1, flags });
  await call('domainSetUserPassword', { ...d, user: 'root', password: 'walked', flags });
  await call('domainAuthorizedSshKeysGet', { ...d, user: 'root', flags });
  await call('domainAuthorizedSshKeysSet', { ...d, user: 'root', keys: ['ssh-ed25519 AAAA walked'], flags });
  await call('domainInterfaceAddresses', { ...d, source: 1, flags });
  await call('domainPmSuspendForDuration', { ...d, target: 0, duration: 0n, flags });
}

/** Streams of a guest that runs. */
export async function walkStreams({ walk: { stream } }: World, domain: Domain): Promise<void> {
  const d = dom(domain);
  await stream('domainOpenConsole', { ...d, flags: 1 });
  await stream('domainOpenChannel', { ...d, name: 'org.spawnkit.walk', flags: 1 });
  await stream('domainScreenshot', { ...d, screen: 0, flags });
}

/** Snapshots and checkpoints of a domain that does not run, or of the test driver any. */
export async function walkSnapshots({ walk: { call } }: World, domain: Domain): Promise<void> {
  const d = dom(domain);
  const xmlDesc = (name: string) => `<domainsnapshot><name>${name}</name></domainsnapshot>`;
  const made = await call('domainSnapshotCreateXml', { ...d, xmlDesc: xmlDesc('first'), flags });
  await call('domainSnapshotCreateXml', { ...d, xmlDesc: xmlDesc('second'), flags });
  const first = made?.snap ?? { name: 'first', dom: domain.ref };
  const second = { ...first, name: 'second' };
  await call('domainSnapshotLookupByName', { ...d, name: 'first', flags });
  await call('domainSnapshotGetXmlDesc', { snap: first, flags });
  await call('domainSnapshotNum', { ...d, flags });
  await call('domainSnapshotListNames', { ...d, maxnames: 10, flags });
  await call('domainListAllSnapshots', { ...d, needResults: 1, flags });
  await call('domainSnapshotNumChildren', { snap: first, flags });
  await call('domainSnapshotListChildrenNames', { snap: first, maxnames: 10, flags });
  await call('domainSnapshotListAllChildren', { snapshot: first, needResults: 1, flags });
  await call('domainSnapshotGetParent', { snap: second, flags });
  await call('domainHasCurrentSnapshot', { ...d, flags });
  await call('domainSnapshotCurrent', { ...d, flags });
  await call('domainSnapshotIsCurrent', { snap: second, flags });
  await call('domainSnapshotHasMetadata', { snap: second, flags });
  await call('domainRevertToSnapshot', { snap: first, flags });
  await call('domainSnapshotDelete', { snap: second, flags });
  await call('domainSnapshotDelete', { snap: first, flags });
}

/** Checkpoints of a running domain, and a backup from one. */
export async function walkCheckpoints({ walk: { call }, directory }: World, domain: Domain): Promise<void> {
  const d = dom(domain);
  const xmlDesc = (name: string) => `<domaincheckpoint><name>${name}</name></domaincheckpoint>`;
  const made = await call('domainCheckpointCreateXml', { ...d, xmlDesc: xmlDesc('first'), flags });
  await call('domainCheckpointCreateXml', { ...d, xmlDesc: xmlDesc('second'), flags });
  const first = made?.checkpoint ?? { name: 'first', dom: domain.ref };
  const second = { ...first, name: 'second' };
  await call('domainCheckpointLookupByName', { ...d, name: 'first', flags });
  await call('domainCheckpointGetXmlDesc', { checkpoint: first, flags });
  await call('domainCheckpointGetParent', { checkpoint: second, flags });
  await call('domainListAllCheckpoints', { ...d, needResults: 1, flags });
  await call('domainCheckpointListAllChildren', { checkpoint: first, needResults: 1, flags });
  const backup = `<domainbackup mode='pull'><server transport='unix' socket='${directory}/backup'/>
    <disks><disk name='vda' type='file'><scratch file='${directory}/scratch'/></disk></disks></domainbackup>`;
  await call('domainBackupBegin', { ...d, backupXml: backup, flags });
  await call('domainBackupGetXmlDesc', { ...d, flags });
  await call('domainAbortJob', d);
  await idle(domain);
  await call('domainBackupBegin', { ...d, backupXml: backup, flags });
  await call('domainAbortJobFlags', { ...d, flags });
  await idle(domain);
  await call('domainCheckpointDelete', { checkpoint: second, flags });
  await call('domainCheckpointDelete', { checkpoint: first, flags });
}

/** Work on the disk of a running domain, from a chain of images that snapshots make. */
export async function walkBlockJobs({ walk: { call }, directory }: World, domain: Domain): Promise<void> {
  const d = dom(domain);
  const path = 'vda';
  await call('domainBlockResize', { ...d, disk: path, size: 16_777_216n, flags: 1 });
  await call('domainSnapshotCreateXml', { ...d, xmlDesc: overlay(`${directory}/one`), flags: 16 | 4 });
  await call('domainBlockPull', { ...d, path, bandwidth: 0n, flags });
  await settled(domain);
  await call('domainSnapshotCreateXml', { ...d, xmlDesc: overlay(`${directory}/two`), flags: 16 | 4 });
  await call('domainBlockRebase', { ...d, path, bandwidth: 0n, flags });
  await settled(domain);
  await call('domainSnapshotCreateXml', { ...d, xmlDesc: overlay(`${directory}/three`), flags: 16 | 4 });
  await call('domainBlockCommit', { ...d, disk: path, bandwidth: 0n, flags: 4 });
  await call('domainGetBlockJobInfo', { ...d, path, flags });
  await settled(domain, true);
  await call('domainBlockJobAbort', { ...d, path, flags: 2 });
  const copy = `<disk type='file'><source file='${directory}/copy'/><driver type='qcow2'/></disk>`;
  await call('domainBlockCopy', { ...d, path, destxml: copy, params: [], flags: 4 });
  await call('domainBlockJobSetSpeed', { ...d, path, bandwidth: 100n, flags });
  await call('domainBlockJobAbort', { ...d, path, flags });
}

/** A domain is saved, looked at, and goes on. */
export async function walkSaving(w: World, domain: Domain): Promise<void> {
  const { call } = w.walk;
  const d = dom(domain);
  const file = `${w.directory}/saved`;
  await call('domainCoreDump', { ...d, to: `${w.directory}/core`, flags: 2 | 16 });
  await call('domainCoreDumpWithFormat', { ...d, to: `${w.directory}/core2`, dumpformat: 0, flags: 2 | 16 });
  await call('domainSave', { ...d, to: file });
  const xml = await call('domainSaveImageGetXmlDesc', { file, flags });
  await call('domainSaveImageDefineXml', { file, dxml: xml?.xml ?? '<domain/>', flags });
  await call('domainRestore', { from: file });
  await call('domainSaveFlags', { ...d, to: file, flags });
  await call('domainRestoreFlags', { from: file, flags });
  const to = { field: 'file', value: { type: 7, s: file } } as const;
  await call('domainSaveParams', { ...d, params: [to], flags });
  await call('domainRestoreParams', { params: [to], flags });
  await call('domainManagedSave', { ...d, flags });
  await call('domainHasManagedSaveImage', { ...d, flags });
  const managed = await call('domainManagedSaveGetXmlDesc', { ...d, flags });
  await call('domainManagedSaveDefineXml', { ...d, dxml: managed?.xml, flags });
  await call('domainManagedSaveRemove', { ...d, flags });
}

function overlay(file: string): string {
  return `<domainsnapshot><disks><disk name='vda' snapshot='external'><source file='${file}'/></disk></disks></domainsnapshot>`;
}

/** Waits until the domain is in no job. */
async function idle(domain: Domain): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const job = await domain.job.stats().catch(() => undefined);
    if (!job || job.type === 'NONE') return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Waits until the job of the disk is over, or with `ready` has done all it can. */
async function settled(domain: Domain, ready = false): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const job = await domain.blockJobs.info('vda').catch(() => undefined);
    if (!job || (ready && job.current === job.end)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
