import { join } from 'node:path';
import { hostExec } from '@spawnkit/effects';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildConfigDrive, checkUserData, configDriveFiles, noCloudFiles, noCloudLabel } from '../../src/index.ts';
import { closeDebianLab, type DebianLab, newMac, noGuests, openDebianLab, withDebian } from '../debian-guest.ts';
import {
  bondedRequest,
  cloudInitFailure,
  expectedBond,
  expectedReport,
  newMark,
  reportScript,
} from '../debian-request.ts';

if (noGuests) process.stderr.write(`skipped, Debian with a vfat drive and with NoCloud: ${noGuests}\n`);

describe.skipIf(noGuests)('Debian 12 with cloud-init', () => {
  const macs = [newMac(), newMac()];
  let lab: DebianLab;
  beforeAll(async () => {
    lab = await openDebianLab();
  }, 900_000);
  afterAll(() => lab && closeDebianLab(lab));

  test('takes everything from a vfat drive, a bond and a VLAN too', { timeout: 420_000 }, async () => {
    const mark = newMark();
    const path = join(lab.directory, 'vfat.config');
    const files = configDriveFiles(bondedRequest(lab, macs, { userData: reportScript(mark) }));
    await buildConfigDrive({ files, path, format: 'vfat', exec: hostExec() });
    await withDebian(lab, { drive: { path, device: 'disk' }, moreMacs: macs }, async (guest) => {
      const console = await guest.said(/Cloud-init v[^\n]* finished/);
      expect(console).toMatch(expectedReport(lab, mark));
      expect(console).toMatch(expectedBond(mark, 'bond0.12'));
      expect(console).not.toMatch(cloudInitFailure);
      expect(console).toMatch(/DataSourceConfigDrive \[net,ver=2\]\[source=\/dev\/vdb\]/);
      expect(await guest.ssh('debian', 'hostname; cloud-init status')).toBe('marvin\nstatus: done\n');
    });
  });

  test('takes everything from a NoCloud drive, a bond and a VLAN too', { timeout: 420_000 }, async () => {
    const mark = newMark();
    const path = join(lab.directory, 'cidata');
    const userData = `#cloud-config\n${JSON.stringify({
      write_files: [
        { path: '/etc/spawnkit-file', content: 'from the drive' },
        { path: '/run/report', content: reportScript(mark) },
      ],
      runcmd: [['sh', '/run/report']],
    })}\n`;
    expect(checkUserData(userData)).toMatchObject({ kind: 'cloud-config' });
    const files = noCloudFiles(bondedRequest(lab, macs, { userData }));
    await buildConfigDrive({ files, path, format: 'iso9660', label: noCloudLabel, exec: hostExec() });
    await withDebian(lab, { drive: { path, device: 'cdrom' }, moreMacs: macs }, async (guest) => {
      const console = await guest.said(/Cloud-init v[^\n]* finished/);
      expect(console).toMatch(expectedReport(lab, mark));
      expect(console).toMatch(expectedBond(mark, 'vlan12'));
      expect(console).not.toMatch(cloudInitFailure);
      expect(console).toMatch(/DataSourceNoCloud \[seed=\/dev\/sr0\]/);
      expect(await guest.ssh('debian', 'hostname; cloud-init status')).toBe('marvin\nstatus: done\n');
    });
  });
});
