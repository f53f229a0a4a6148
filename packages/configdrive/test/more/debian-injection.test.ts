import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hostExec, Secret } from '@spawnkit/effects';
import { parseNetworkInfo } from '@spawnkit/instance';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { injectedNetworkTemplate, type InjectionRequest, injectIntoGuest } from '../../src/index.ts';
import { applianceKernel } from '../appliance-kernel.ts';
import { closeDebianLab, debianDisk, type DebianLab, noGuests, openDebianLab, withDebian } from '../debian-guest.ts';

if (noGuests) process.stderr.write(`skipped, injection into Debian: ${noGuests}\n`);

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../../..');

/** Without a drive cloud-init does nothing, and nobody makes the key that sshd needs. */
const makesHostKey = `[Service]
ExecStartPre=
ExecStartPre=/usr/bin/ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key
`;

describe.skipIf(noGuests)('guestfish and Debian 12', () => {
  let lab: DebianLab;
  let environment: Readonly<Record<string, string>>;
  beforeAll(async () => {
    await run(join(root, 'tooling/setup/debian'), ['injection'], { timeout: 600_000 });
    lab = await openDebianLab();
    environment = await applianceKernel(lab.directory);
  }, 1_200_000);
  afterAll(() => lab && closeDebianLab(lab));

  const request = (path: string, changes: Partial<InjectionRequest>): InjectionRequest => ({
    // Found by libguestfs.
    disk: { path, format: 'qcow2', partition: -1 },
    contents: {},
    exec: hostExec(),
    environment,
    ...changes,
  });

  test('a guest has the key, password, network, metadata and file of an injection', { timeout: 600_000 }, async () => {
    const disk = await debianDisk(lab);
    const contents = {
      key: lab.publicKey,
      net: template(lab),
      metadata: { role: 'wéb' },
      adminPassword: new Secret('correct horse'),
      files: [
        { path: '/srv/new/file "name" =.txt', content: new Uint8Array([0, 1, 254, 255]) },
        { path: '/etc/systemd/system/ssh.service.d/host-key.conf', content: makesHostKey },
      ],
    };
    expect(await injectIntoGuest(request(disk, { contents }))).toEqual({ complete: true, failures: [] });
    expect((await readdir(lab.directory)).filter((name) => name.startsWith('.'))).toEqual([]);
    await withDebian(lab, { disk }, async (guest) => {
      await guest.said(/login: /);
      expect(await guest.ssh('root', 'stat -c "%a %U" .ssh .ssh/authorized_keys; cat /meta.js')).toBe(
        '700 root\n600 root\n{"role": "w\\u00e9b"}',
      );
      expect(await guest.ssh('root', 'od -An -tx1 "/srv/new/file \\"name\\" =.txt"; stat -c %a /srv/new')).toBe(
        ' 00 01 fe ff\n744\n',
      );
      expect(await guest.ssh('root', 'cat /etc/network/interfaces')).toBe(contents.net);
      const asRoot = 'setpriv --reuid=nobody --clear-groups su root -c "id -un"';
      expect(await guest.ssh('root', asRoot, 'correct horse\n')).toBe('root\n');
      await expect(guest.ssh('root', asRoot, 'wrong horse\n')).rejects.toThrow(/Authentication failure/);
    });
  });

  test('what fails is reported or thrown, and what did not fail is there', { timeout: 300_000 }, async () => {
    const disk = await debianDisk(lab);
    // A directory stands where the file should go.
    const files = [
      { path: '/srv/made/first', content: 'x' },
      { path: '/etc', content: 'y' },
    ];
    const contents = { metadata: { a: 'b' }, files, mandatory: [] };
    const third = { path: disk, format: 'qcow2', partition: 3 } as const;
    const report = await injectIntoGuest(request(disk, { disk: third, contents }));
    expect(report).toMatchObject({
      complete: false,
      failures: [{ item: 'files', error: { code: 'INJECTION_FAILED' } }],
    });
    const mandatory = injectIntoGuest(request(disk, { disk: third, contents: { files } }));
    await expect(mandatory).rejects.toMatchObject({ code: 'INJECTION_FAILED', message: /directory/i });
    expect((await readdir(lab.directory)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('a partition that is not there cannot be opened', { timeout: 300_000 }, async () => {
    const path = await debianDisk(lab);
    const disk = { path, format: 'qcow2', partition: 9 } as const;
    const optional = await injectIntoGuest(request(path, { disk, contents: { key: lab.publicKey } }));
    expect(optional).toMatchObject({
      complete: false,
      failures: [{ item: 'key', error: { code: 'UNREADABLE_GUEST' } }],
    });
  });
});

function template({ mac, hostAddress, guestAddress }: DebianLab): string {
  const subnets = [
    { cidr: `${hostAddress}/29`, version: 4, gateway: { address: hostAddress }, ips: [{ address: guestAddress }] },
  ];
  const networkInfo = parseNetworkInfo([{ id: 'port', address: mac, network: { meta: { injected: true }, subnets } }]);
  return injectedNetworkTemplate(networkInfo) ?? '';
}
