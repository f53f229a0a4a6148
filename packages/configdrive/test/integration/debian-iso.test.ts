import { join } from 'node:path';
import { hostExec } from '@spawnkit/effects';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildConfigDrive, configDriveFiles } from '../../src/index.ts';
import { closeDebianLab, type DebianLab, noGuests, openDebianLab, withDebian } from '../debian-guest.ts';
import { cloudInitFailure, debianRequest, expectedReport, newMark, reportScript } from '../debian-request.ts';

if (noGuests) process.stderr.write(`skipped, Debian with a config drive: ${noGuests}\n`);

describe.skipIf(noGuests)('Debian 12 with cloud-init', () => {
  let lab: DebianLab;
  beforeAll(async () => {
    lab = await openDebianLab();
  }, 900_000);
  afterAll(() => lab && closeDebianLab(lab));

  test('takes everything from an ISO, and lets the key in', { timeout: 420_000 }, async () => {
    const mark = newMark();
    const path = join(lab.directory, 'disk.config');
    const files = configDriveFiles(debianRequest(lab, { userData: reportScript(mark) }));
    await buildConfigDrive({ files, path, format: 'iso9660', exec: hostExec() });
    await withDebian(lab, { drive: { path, device: 'cdrom' } }, async (guest) => {
      const console = await guest.said(/Cloud-init v[^\n]* finished/);
      expect(console).toMatch(expectedReport(lab, mark));
      expect(console).not.toMatch(cloudInitFailure);
      expect(console).toMatch(/DataSourceConfigDrive \[net,ver=2\]\[source=\/dev\/sr0\]/);
      expect(await guest.ssh('debian', 'hostname; cat /sys/class/net/eth0/mtu; cloud-init status')).toBe(
        'marvin\n1400\nstatus: done\n',
      );
    });
  });
});
