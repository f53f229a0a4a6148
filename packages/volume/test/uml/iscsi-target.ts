import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Exec, hostExec } from '@spawnkit/effects';
import { createIscsiConnector } from '../../src/index.ts';
import type { ConnectorUnderTest } from '../../src/testing/index.ts';
import { aVolume } from '../a-volume.ts';
import { hostDirectory } from '../doubles/host-directory.ts';
import { loadModules } from './modules.ts';

const iqn = 'iqn.2026-11.test.spawnkit:real';
const nodesPath = '/etc/iscsi/nodes';
/** LUKS2 takes 16 MiB for its header. */
const UNIT_BYTES = 20 * 1024 * 1024;
/** The connection data of a volume there, but for its unit. */
export const targetData = {
  target_portal: '127.0.0.1:3260',
  target_iqn: iqn,
  auth_method: 'CHAP',
  auth_username: 'lab',
  auth_password: 's3cret-s3cret',
};
const control = ['--control-port', '78', '--lld', 'iscsi'];

/** Starts a target with CHAP and the units 1 and 2, and open-iscsi's daemon, with directories of their own. */
export async function startTarget(): Promise<void> {
  loadModules('iscsi_tcp', 'sd_mod');
  // Where iscsiadm has its lock.
  mkdirSync('/run/lock', { recursive: true });
  const configuration = readFileSync('/etc/iscsi/iscsid.conf');
  for (const path of ['/etc/iscsi', '/var/lib/iscsi']) {
    mkdirSync(path, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', path]);
  }
  writeFileSync('/etc/iscsi/iscsid.conf', configuration);
  writeFileSync('/etc/iscsi/initiatorname.iscsi', 'InitiatorName=iqn.2026-11.test.spawnkit:initiator\n');
  spawn('tgtd', ['-f', '--iscsi', 'portal=127.0.0.1:3260', '--control-port', '78'], { stdio: 'ignore' }).unref();
  await answers(() => tgt('--op', 'show', '--mode', 'system'));
  tgt('--op', 'new', '--mode', 'target', '--tid', '1', '-T', iqn);
  for (const unit of ['1', '2']) {
    const disk = join(process.env['TMPDIR'] ?? '/tmp', `unit${unit}`);
    writeFileSync(disk, `this is unit ${unit}\n`.padEnd(UNIT_BYTES, '\0'));
    tgt('--op', 'new', '--mode', 'logicalunit', '--tid', '1', '--lun', unit, '-b', disk);
  }
  tgt('--op', 'bind', '--mode', 'target', '--tid', '1', '-I', 'ALL');
  tgt('--op', 'new', '--mode', 'account', '--user', 'lab', '--password', 's3cret-s3cret');
  tgt('--op', 'bind', '--mode', 'account', '--tid', '1', '--user', 'lab');
  spawn('iscsid', ['-f'], { stdio: 'ignore' }).unref();
}

/** The connector, on the real host that this machine is. */
export async function iscsiUnderTest(wrap: (exec: Exec) => Exec): Promise<ConnectorUnderTest> {
  const directory = await hostDirectory();
  const { holdsPath, locksPath } = directory;
  return {
    connector: createIscsiConnector({ exec: wrap(hostExec()), holdsPath, locksPath, nodesPath, scanAttempts: 10 }),
    volume: aVolume('iscsi', { ...targetData, target_lun: 1, volume_id: '2a0a0f6c-babf-454d-b93e-9ac9957b95e0' }),
    sibling: aVolume('iscsi', { ...targetData, target_lun: 2, volume_id: '77777777-babf-454d-b93e-9ac9957b95e0' }),
    snapshot: async () => ({
      // Numbers of sessions and letters of disks are not used twice.
      sessions: (await names('/sys/class/iscsi_session')).length,
      disks: (await names('/sys/class/block')).filter((name) => name.startsWith('sd')).length,
      records: await names(nodesPath),
      holds: await directory.tree('holds'),
    }),
    async [Symbol.asyncDispose]() {
      await directory[Symbol.asyncDispose]();
      await rm(nodesPath, { recursive: true, force: true });
    },
  };
}

async function names(path: string): Promise<readonly string[]> {
  return readdir(path).catch(() => []);
}

function tgt(...args: readonly string[]): void {
  execFileSync('tgtadm', [...control, ...args], { stdio: 'ignore' });
}

async function answers(ask: () => void): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return ask();
    } catch (error) {
      if (attempt === 100) throw error;
      await delay(100);
    }
  }
}
