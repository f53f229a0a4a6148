import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hostDirectory } from '../../test/doubles/host-directory.ts';
import { type IscsiHost, iscsiHost } from '../../test/doubles/iscsi-host.ts';
import { attribute } from '../../test/doubles/scsi-host.ts';
import { createIscsiConnector, createIserConnector } from './iscsi.ts';
import { iscsiPaths } from './iscsi-paths.ts';
import { withFields, writeAuth } from './iscsi-record.ts';

const iqn = 'iqn.2010-10.org.openstack:volume-1';
const data = {
  target_portal: '10.0.0.5:3260',
  target_iqn: iqn,
  target_lun: 1,
  auth_method: 'CHAP',
  auth_username: 'u',
  auth_password: 's3cret',
};
const call = { volumeKey: 'one' };
const aHost = () => iscsiHost({ password: 's3cret', units: [1] });

describe('createIscsiConnector', () => {
  test('logs in, scans for the one unit, and finds its device', async () => {
    await using host = await aHost();
    expect(await createIscsiConnector(host).connect(data, call)).toEqual({ device_path: '/dev/sdb' });
    expect(host.commands.map((command) => command.slice(7).join(' '))).toEqual([
      '--op new',
      '--op update -n node.session.scan -v manual',
      '--login',
    ]);
  });

  test('of iSER logs in by the interface of that name', async () => {
    await using host = await aHost();
    const before = await host.snapshot();
    const connector = createIserConnector(host);
    await connector.connect(data, call);
    expect(host.commands[0]?.join(' ')).toMatch(/--interface iser --op new$/);
    await connector.disconnect(data, call);
    expect(await host.snapshot()).toEqual(before);
  });

  test('never has the password in a command', async () => {
    await using host = await aHost();
    await createIscsiConnector(host).connect(data, call);
    expect(JSON.stringify(host.commands)).not.toContain('s3cret');
  });

  test('says what a target refuses, and leaves no record', async () => {
    await using host = await iscsiHost({ password: 'another', units: [1] });
    const before = await host.snapshot();
    await expect(createIscsiConnector(host).connect(data, call)).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
      message: expect.stringContaining(`connect unit 1 of "${iqn}" at 10.0.0.5:3260`) as string,
      context: { exitCode: 24 },
    });
    expect(await host.snapshot()).toEqual(before);
  });

  test('logs out again when the unit does not come', async () => {
    await using host = await aHost();
    const before = await host.snapshot();
    const connecting = createIscsiConnector({ ...host, scanAttempts: 3 }).connect({ ...data, target_lun: 7 }, call);
    await expect(connecting).rejects.toMatchObject({ code: 'DEVICE_NOT_FOUND', context: { unit: 7, attempts: 3 } });
    expect(await host.snapshot()).toEqual(before);
  });

  test('uses a session that was there before, and leaves it', async () => {
    await using host = await aHost();
    await host.exec('iscsiadm', ['-m', 'node', '-T', iqn, '-p', '10.0.0.5:3260', '--op', 'new']);
    await writeRecord(host, 'node.session.auth.password = s3cret\n');
    await host.exec('iscsiadm', ['-m', 'node', '-T', iqn, '-p', '10.0.0.5:3260', '--login']);
    const connector = createIscsiConnector(host);
    await connector.connect(data, call);
    await connector.disconnect(data, call);
    expect(host.commands.flat()).not.toContain('--logout');
  });

  test('takes the portal that works', async () => {
    await using host = await aHost();
    const portals = { ...data, target_portals: ['10.0.0.4:3260', '10.0.0.5:3260'] };
    const exec: typeof host.exec = async (file, args, options) => {
      if (args.includes('10.0.0.4:3260') && args.includes('--login')) throw new Error('no route');
      return host.exec(file, args, options);
    };
    expect(await createIscsiConnector({ ...host, exec }).connect(portals, call)).toEqual({ device_path: '/dev/sdb' });
  });

  test('finds the multipath map when one is wanted', async () => {
    await using host = await aHost();
    const connector = createIscsiConnector({ ...host, useMultipath: true });
    await mkdir(join(host.sysPath, 'class/block/sdb/holders/dm-0'), { recursive: true });
    await attribute(join(host.sysPath, 'class/block/dm-0/dm/uuid'), 'mpath-3600');
    await attribute(join(host.sysPath, 'class/block/dm-0/dm/name'), 'mpatha');
    expect(await connector.connect(data, call)).toEqual({ device_path: '/dev/mapper/mpatha', multipath_id: '3600' });
  });
});

test('an abort while the multipath map is awaited takes every path back', async () => {
  await using host = await aHost();
  const before = await host.snapshot();
  const abort = new AbortController();
  let sleeps = 0;
  const clock: typeof host.clock = {
    ...host.clock,
    async sleep(ms, options) {
      // The first is for the unit.
      if (++sleeps > 1) abort.abort(new Error('enough'));
      await host.clock.sleep(ms, options);
    },
  };
  const connector = createIscsiConnector({ ...host, clock, useMultipath: true });
  await expect(connector.connect(data, { ...call, signal: abort.signal })).rejects.toThrow('enough');
  expect(await host.snapshot()).toEqual(before);
});

async function writeRecord({ nodesPath }: IscsiHost, text: string): Promise<void> {
  await writeFile(join(nodesPath, iqn, '10.0.0.5,3260,1/default'), text);
}

describe('iscsiPaths', () => {
  test.each([
    [{ ...data, target_portal: 'no port' }, 'target_portal'],
    [{ ...data, target_portal: '-x:1' }, 'target_portal'],
    [{ ...data, target_iqn: 'iqn.x/../../y' }, 'target_iqn'],
    [{ ...data, target_iqn: undefined }, 'target_iqn'],
    [{ ...data, target_lun: 'x' }, '0'],
    [{ ...data, auth_password: 'a\nnode.startup = automatic' }, 'auth_password'],
  ])('refuses %j', (given, field) => {
    expect(() => iscsiPaths(given)).toThrow(
      expect.objectContaining({
        context: expect.objectContaining({ field }) as unknown,
        message: expect.not.stringContaining('automatic') as string,
      }),
    );
  });

  test('pairs portals, targets and units', () => {
    const many = { target_portals: ['a:1', '[fe80::1]:2'], target_iqns: ['iqn.a', 'iqn.b'], target_luns: [1, 2] };
    expect(iscsiPaths(many)).toEqual([
      { portal: 'a:1', iqn: 'iqn.a', unit: 1 },
      { portal: '[fe80::1]:2', iqn: 'iqn.b', unit: 2 },
    ]);
  });
});

describe('the record of a target', () => {
  test('gets user and password before its end, once', () => {
    const record = '# BEGIN RECORD\na = 1\nnode.session.auth.password = old\n# END RECORD\n';
    const fields = { 'node.session.auth.password': 'new', 'node.session.auth.username': 'u' };
    const changed = withFields(record, fields);
    expect(changed).toBe(
      '# BEGIN RECORD\na = 1\nnode.session.auth.password = new\nnode.session.auth.username = u\n# END RECORD\n',
    );
    expect(withFields(changed, fields)).toBe(changed);
  });

  test('is found under the names of old and new releases, and stays private', async () => {
    await using host = await hostDirectory();
    const nodesPath = join(host.path, 'nodes');
    await mkdir(join(nodesPath, iqn, '::1,3260,1'), { recursive: true });
    const files = ['10.0.0.5,3260', '::1,3260,1/default'].map((name) => join(nodesPath, iqn, name));
    for (const file of files) await writeFile(file, '# END RECORD\n', { mode: 0o600 });
    for (const portal of ['10.0.0.5:3260', '[::1]:3260']) {
      const [path] = iscsiPaths({ ...data, target_portal: portal });
      if (!path?.auth) throw new Error('no path');
      await writeAuth(nodesPath, path, path.auth);
    }
    for (const file of files) expect(await readFile(file, 'utf8')).toContain('node.session.auth.password = s3cret\n');
  });
});
