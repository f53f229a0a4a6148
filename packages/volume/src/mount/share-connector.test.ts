import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EffectsError, Secret } from '@spawnkit/effects';
import { describe, expect, test } from 'vitest';
import { aVolume } from '../../test/a-volume.ts';
import { type ShareHost, shareHost } from '../../test/doubles/share-host.ts';
import { createNfsConnector } from '../connectors/nfs.ts';
import { createQuobyteConnector } from '../connectors/quobyte.ts';
import { createSmbfsConnector } from '../connectors/smbfs.ts';
import { sealSecrets } from '../secret-fields.ts';
import { mountPointOf } from './mount-point.ts';
import type { ShareOptions } from './share-kind.ts';

const nfs = { export: 'nfs.example.com:/export/vols', name: 'volume-1' };

function optionsOf(host: ShareHost): ShareOptions {
  const { exec, mounts, holdsPath, locksPath } = host;
  return { exec, mounts, holdsPath, locksPath, mountPointBase: join(host.path, 'mnt') };
}

describe('a share', () => {
  test('is mounted once for many volumes, and unmounted with the last', async () => {
    await using host = await shareHost();
    const connector = createNfsConnector(optionsOf(host));
    for (const volumeKey of ['one', 'two', 'three']) await connector.connect(nfs, { volumeKey });
    for (const volumeKey of ['two', 'one']) await connector.disconnect(nfs, { volumeKey });
    expect(host.table).toHaveLength(1);
    await connector.disconnect(nfs, { volumeKey: 'three' });
    expect(host.commands.map(({ line }) => line.split(' ')[0])).toEqual(['mount', 'umount']);
  });

  test('that was mounted before is used and left', async () => {
    await using host = await shareHost();
    const connector = createNfsConnector(optionsOf(host));
    const mountPoint = mountPointOf(join(host.path, 'mnt'), nfs.export);
    await mkdir(mountPoint, { recursive: true });
    host.table.push({ mountPoint, type: 'nfs4', source: nfs.export });
    const before = await host.snapshot();
    await connector.connect(nfs, { volumeKey: 'one' });
    await connector.disconnect(nfs, { volumeKey: 'one' });
    await connector.disconnect(nfs, { volumeKey: 'one' });
    expect(host.commands).toEqual([]);
    expect(await host.snapshot()).toEqual(before);
  });

  test('that strangers are busy with stays mounted, and goes with the next last volume', async () => {
    await using host = await shareHost();
    let busy = true;
    const exec: ShareOptions['exec'] = async (file, args, options) => {
      if (file !== 'umount' || !busy) return host.exec(file, args, options);
      const stderr = `umount: ${args[0] ?? ''}: target is busy.`;
      throw new EffectsError('EXEC_FAILED', 'busy', { file, args, exitCode: 32, stderr });
    };
    const connector = createNfsConnector({ ...optionsOf(host), exec });
    const before = await host.snapshot();
    await connector.connect(nfs, { volumeKey: 'one' });
    await connector.disconnect(nfs, { volumeKey: 'one' });
    expect(host.table).toHaveLength(1);
    busy = false;
    await connector.connect(nfs, { volumeKey: 'two' });
    await connector.disconnect(nfs, { volumeKey: 'two' });
    expect(await host.snapshot()).toEqual(before);
  });

  test('whose unmount fails is told, and tried again', async () => {
    await using host = await shareHost();
    let failing = true;
    const exec: ShareOptions['exec'] = async (file, args, options) => {
      if (file !== 'umount' || !failing) return host.exec(file, args, options);
      throw new EffectsError('EXEC_FAILED', 'umount failed: boom', { file, args, exitCode: 32, stderr: 'boom' });
    };
    const connector = createNfsConnector({ ...optionsOf(host), exec });
    await connector.connect(nfs, { volumeKey: 'one' });
    await expect(connector.disconnect(nfs, { volumeKey: 'one' })).rejects.toMatchObject({ code: 'DISCONNECT_FAILED' });
    failing = false;
    await connector.disconnect(nfs, { volumeKey: 'one' });
    expect(host.table).toEqual([]);
  });

  test.each([
    [{ ...nfs, export: '--bind' }, 'export'],
    [{ ...nfs, export: 'a b' }, 'export'],
    [{ ...nfs, name: '../../etc/passwd' }, 'name'],
    [{ ...nfs, name: '/etc/passwd' }, 'name'],
    [{ ...nfs, options: '--bind' }, 'options'],
    [{ ...nfs, options: '-o' }, 'options'],
    [{ ...nfs, options: '-o ro -f x' }, 'options'],
  ])('is not mounted as %j', async (data, field) => {
    await using host = await shareHost();
    const connector = createNfsConnector(optionsOf(host));
    await expect(connector.connect(data, { volumeKey: 'one' })).rejects.toMatchObject({
      code: 'INVALID_CONNECTION_INFO',
      context: { field },
    });
    expect(host.commands).toEqual([]);
  });
});

describe('createNfsConnector', () => {
  test('puts the options of the configuration before those of the volume', async () => {
    await using host = await shareHost();
    const connector = createNfsConnector({ ...optionsOf(host), nfsMountOptions: 'vers=3' });
    const found = await connector.connect({ ...nfs, options: '-o nfsvers=4,ro' }, { volumeKey: 'one' });
    expect(host.commands[0]?.line).toContain('mount -t nfs -o vers=3 -o nfsvers=4,ro nfs.example.com:/export/vols /');
    expect(found['device_path']).toMatch(/\/mnt\/[0-9a-f]{32}\/volume-1$/);
  });
});

describe('createSmbfsConnector', () => {
  const share = { export: '//smb.example.com/share', name: 'volume.vhd' };
  const mountWith = async (options: string | null) => {
    await using host = await shareHost();
    const { data } = sealSecrets(aVolume('smbfs', { ...share, options }));
    await createSmbfsConnector(optionsOf(host)).connect(data, { volumeKey: 'one' });
    const [command] = host.commands;
    return {
      words: /cifs (.*)\/\/smb/.exec(command?.line ?? '')?.[1]?.trim(),
      input: command?.input,
      env: command?.env,
    };
  };

  test('gives the password to stdin and never to argv', async () => {
    const { words, input, env } = await mountWith('-o username=DOM\\user,password=s3cret,vers=3.0');
    expect(words).toBe('-o username=user,vers=3.0');
    expect(input).toBeInstanceOf(Secret);
    expect((input as Secret).reveal()).toBe('s3cret');
    expect(env).toEqual({ PASSWD_FD: '0' });
    expect(await mountWith('-o user=u -o password=s3cret')).toMatchObject({ words: '-o user=u' });
  });

  test('is a guest without a user, and leaves a domain out', async () => {
    expect(await mountWith(null)).toMatchObject({ words: '-o username=guest', input: undefined });
    expect(await mountWith('-o user=DOM\\bob')).toMatchObject({ words: '-o user=bob' });
  });
});

describe('createQuobyteConnector', () => {
  const volume = { export: 'quobyte://192.168.1.1/vol', name: 'volume-1' };

  test('refuses and unmounts what is no Quobyte volume, so that no guest writes to the local disk', async () => {
    await using host = await shareHost();
    const connector = createQuobyteConnector({ ...optionsOf(host), systemd: false, sizeOf: async () => 4096 });
    const before = await host.snapshot();
    await expect(connector.connect(volume, { volumeKey: 'one' })).rejects.toMatchObject({ code: 'MOUNT_INVALID' });
    expect(await host.snapshot()).toEqual(before);
  });

  test('mounts a volume anew whose client is gone', async () => {
    await using host = await shareHost();
    let alive = true;
    const sizeOf = async () => {
      if (alive) return 0;
      throw Object.assign(new Error('ENOTCONN'), { code: 'ENOTCONN', syscall: 'stat' });
    };
    const exec: ShareOptions['exec'] = async (file, args, options) => {
      const result = await host.exec(file, args, options);
      alive = true;
      return result;
    };
    const connector = createQuobyteConnector({
      ...optionsOf(host),
      exec,
      systemd: true,
      quobyteClientCfg: '/etc/q.cfg',
      sizeOf,
    });
    await connector.connect(volume, { volumeKey: 'one' });
    alive = false;
    await connector.connect(volume, { volumeKey: 'two' });
    const mountPoint = mountPointOf(join(host.path, 'mnt'), '192.168.1.1/vol');
    const mount = `systemd-run --scope mount.quobyte --disable-xattrs 192.168.1.1/vol ${mountPoint} -c /etc/q.cfg`;
    expect(host.commands.map(({ line }) => line)).toEqual([mount, `umount ${mountPoint}`, mount]);
    expect(existsSync(mountPoint)).toBe(true);
  });
});
