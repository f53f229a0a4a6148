import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AccessDeniedError, type Connection, connect, NotFoundError, OperationInvalidError } from '../../src/index.ts';
import { call, connectGetType } from '../../src/rpc.ts';
import { labObstacle, startLibvirt, testDomain } from '../lab.ts';

if (labObstacle) process.stderr.write(`skipped, objects of a real daemon: ${labObstacle}\n`);

describe.skipIf(labObstacle)('a real daemon with its test driver', () => {
  let conn: Connection;
  let given: ReturnType<typeof testDomain>;

  beforeAll(async () => {
    startLibvirt();
    conn = await connect('test:///default');
  });
  afterAll(() => conn?.[Symbol.asyncDispose]());
  beforeEach(() => {
    given = testDomain();
  });
  afterEach(async () => {
    const left = (await conn.domains.list()).filter((domain) => domain.uuid === given.uuid);
    for (const domain of left) {
      if (await domain.isActive()) await domain.destroy();
      if (await domain.isPersistent()) await domain.undefine();
    }
  });

  test('says who it is', async () => {
    expect(conn.uri).toBe('test:///default');
    expect(conn.libVersion.major).toBeGreaterThanOrEqual(9);
    expect(await conn.hostname()).not.toBe('');
    expect(await conn.nodeInfo()).toMatchObject({ model: 'i686', cpus: 16, memoryKiB: 3_145_728n });
    expect(await conn.capabilities()).toMatch(/^<capabilities>/);
    expect(await conn.hypervisorVersion()).toMatchObject({ major: 0, micro: 2 });
    expect(await call(conn, connectGetType, undefined)).toEqual({ type: 'TEST' });
  });

  test('a domain lives through define, start, suspend, resume, destroy and undefine', async () => {
    const domain = await conn.domains.define(given.xml);
    expect(domain).toMatchObject({ name: given.name, uuid: given.uuid, id: undefined });
    expect(await domain.state()).toMatchObject({ state: 'SHUTOFF' });
    expect([await domain.isActive(), await domain.isPersistent()]).toEqual([false, true]);
    await domain.start();
    expect(domain.id).toBeGreaterThan(0);
    expect((await conn.domains.byId(domain.id ?? 0)).uuid).toBe(given.uuid);
    await domain.suspend();
    expect(await domain.state()).toEqual({ state: 'PAUSED', reason: 'USER' });
    await domain.resume();
    expect(await domain.info()).toMatchObject({ state: 'RUNNING', maxMemoryKiB: 65_536n, vcpus: 1 });
    await domain.destroy();
    expect(await domain.state()).toEqual({ state: 'SHUTOFF', reason: 'DESTROYED' });
    await domain.undefine();
    await expect(domain.state()).rejects.toThrow(NotFoundError);
  });

  test('a domain is found by name and uuid, listed by flags, renamed and described', async () => {
    const domain = await conn.domains.define(given.xml);
    await domain.setAutostart(true);
    expect(await domain.autostart()).toBe(true);
    await domain.setMetadata('TITLE', 'A title', { flags: ['CONFIG'] });
    expect(await domain.metadata('TITLE', { flags: ['CONFIG'] })).toBe('A title');
    await domain.setMetadata('ELEMENT', '<owner>me</owner>', { key: 'x', uri: 'urn:x', flags: ['CONFIG'] });
    expect(await domain.metadata('ELEMENT', { uri: 'urn:x', flags: ['CONFIG'] })).toContain('me');
    await domain.setMetadata('TITLE', undefined, { flags: ['CONFIG'] });
    await expect(domain.metadata('TITLE', { flags: ['CONFIG'] })).rejects.toThrow(NotFoundError);
    await domain.rename(`${given.name}-renamed`);
    const found = [await conn.domains.byName(domain.name), await conn.domains.byUuid(given.uuid.toUpperCase())];
    expect(found.map(({ name, uuid }) => [name, uuid])).toEqual([
      [`${given.name}-renamed`, given.uuid],
      [`${given.name}-renamed`, given.uuid],
    ]);
    const uuids = async (flags: ('ACTIVE' | 'INACTIVE' | 'AUTOSTART')[]) =>
      (await conn.domains.list({ flags })).map(({ uuid }) => uuid);
    expect(await uuids(['INACTIVE', 'AUTOSTART'])).toContain(given.uuid);
    expect(await uuids(['ACTIVE'])).not.toContain(given.uuid);
    expect(await domain.xml({ flags: ['INACTIVE'] })).toContain(given.uuid);
  });

  test('what is not there, or in the wrong state, is an error of its own class', async () => {
    await expect(conn.domains.byName('nobody')).rejects.toThrow(NotFoundError);
    await expect(conn.domains.byUuid(randomUUID())).rejects.toThrow(NotFoundError);
    await expect(conn.networks.byName('nobody')).rejects.toThrow(NotFoundError);
    await expect(conn.storagePools.byName('nobody')).rejects.toThrow(NotFoundError);
    await expect(conn.domains.define('<domain')).rejects.toMatchObject({ codeName: 'XML_DETAIL' });
    await conn.domains.define(given.xml);
    const taken = conn.domains.define(given.xml.replace(given.uuid, randomUUID()));
    await expect(taken).rejects.toMatchObject({ name: 'LibvirtError', procedure: 'domainDefineXmlFlags' });
  });

  test('a network is defined, started, stopped and undefined', async () => {
    const name = `n${given.uuid.slice(0, 8)}`;
    const network = await conn.networks.define(`<network><name>${name}</name><bridge name='${name}'/>
      <ip address='192.0.2.1' netmask='255.255.255.0'><dhcp><range start='192.0.2.2' end='192.0.2.9'/></dhcp></ip></network>`);
    try {
      expect([await network.isActive(), await network.isPersistent()]).toEqual([false, true]);
      await network.start();
      expect(await network.isActive()).toBe(true);
      expect(await network.bridgeName()).toBe(name);
      expect(await network.xml()).toContain('192.0.2.1');
      expect((await conn.networks.list({ flags: ['ACTIVE'] })).map((one) => one.uuid)).toContain(network.uuid);
      expect((await conn.networks.byUuid(network.uuid)).name).toBe(name);
      await network.setAutostart(true);
      expect(await network.autostart()).toBe(true);
      await network.destroy();
    } finally {
      await network.undefine();
    }
    await expect(conn.networks.byName(name)).rejects.toThrow(NotFoundError);
  });
});

describe.skipIf(labObstacle)('a real daemon with its QEMU driver', () => {
  let conn: Connection;

  beforeAll(async () => {
    startLibvirt();
    conn = await connect('qemu:///system');
  });
  afterAll(() => conn?.[Symbol.asyncDispose]());

  test('tells what guests may have', async () => {
    const xml = await conn.domainCapabilities({ arch: 'x86_64', virtType: 'qemu', machine: 'pc' });
    expect(xml).toContain('<domain>qemu</domain>');
    expect(await conn.hypervisorVersion()).toMatchObject({ major: expect.any(Number) });
  });

  test('lets nobody change anything on a connection for reading', async () => {
    await using reader = await connect('qemu:///system', { readonly: true });
    expect(await reader.domains.list()).toBeInstanceOf(Array);
    await expect(reader.domains.define(testDomain().xml)).rejects.toThrow(AccessDeniedError);
  });

  test('starts no domain twice, and stops none that does not run', async () => {
    const { xml } = testDomain();
    const domain = await conn.domains.define(xml.replace("type='test'", "type='qemu'"));
    try {
      await expect(domain.suspend()).rejects.toThrow(OperationInvalidError);
      await expect(domain.destroy()).rejects.toThrow(OperationInvalidError);
      await expect(domain.console()).rejects.toThrow(OperationInvalidError);
    } finally {
      await domain.undefine();
    }
  });

  test('keeps secrets and forgets them', async () => {
    const uuid = randomUUID();
    const usage = `spawnkit ${uuid}`;
    const secret = await conn.secrets.define(
      `<secret ephemeral='yes' private='no'><uuid>${uuid}</uuid><usage type='ceph'><name>${usage}</name></usage></secret>`,
    );
    try {
      const value = Uint8Array.of(0, 1, 0xff, 10);
      await secret.setValue(value);
      expect(new Uint8Array(await (await conn.secrets.byUsage('CEPH', usage)).value())).toEqual(value);
      expect(await conn.secrets.byUuid(uuid)).toMatchObject({ uuid, usageType: 'CEPH', usageId: usage });
      expect((await conn.secrets.list({ flags: ['EPHEMERAL'] })).map((one) => one.uuid)).toContain(uuid);
    } finally {
      await secret.undefine();
    }
    await expect(conn.secrets.byUuid(uuid)).rejects.toThrow(NotFoundError);
  });

  test('keeps network filters', async () => {
    const name = `spawnkit-${randomUUID().slice(0, 8)}`;
    const filter = await conn.nwfilters.define(`<filter name='${name}'><rule action='drop' direction='in'/></filter>`);
    try {
      expect(await (await conn.nwfilters.byName(name)).xml()).toContain('drop');
      expect((await conn.nwfilters.byUuid(filter.uuid)).name).toBe(name);
      expect((await conn.nwfilters.list()).map((one) => one.name)).toContain(name);
    } finally {
      await filter.undefine();
    }
    await expect(conn.nwfilters.byName(name)).rejects.toThrow(NotFoundError);
  });

  test('stores a volume: uploaded, downloaded, in part, and too large', async () => {
    const name = `spawnkit-${randomUUID().slice(0, 8)}`;
    const directory = `/tmp/${name}`;
    await mkdir(directory, { mode: 0o711 });
    const pool = await conn.storagePools.define(
      `<pool type='dir'><name>${name}</name><target><path>${directory}</path></target></pool>`,
    );
    try {
      await pool.start();
      const volume = await pool.createVolume(
        `<volume><name>disk</name><capacity unit='bytes'>2000000</capacity><target><format type='raw'/></target></volume>`,
      );
      const bytes = Buffer.alloc(2_000_000, 'spawnkit ');
      await pipeline([bytes], await volume.upload());
      expect((await buffer(await volume.download())).equals(bytes)).toBe(true);
      const part = await buffer(await volume.download({ offsetBytes: 9n, lengthBytes: 8n }));
      expect(part.toString()).toBe('spawnkit');
      await pool.refresh();
      expect(await volume.info()).toMatchObject({ type: 'FILE', capacityBytes: 2_000_000n });
      expect(await volume.path()).toBe(`${directory}/disk`);
      expect((await conn.storagePools.volumeByPath(`${directory}/disk`)).key).toBe(volume.key);
      expect((await pool.volumes()).map((one) => one.name)).toEqual(['disk']);
      expect((await pool.info()).state).toBe('RUNNING');
      const tooMuch = pipeline([Buffer.alloc(9)], await volume.upload({ offsetBytes: 1_999_995n, lengthBytes: 5n }));
      await expect(tooMuch).rejects.toMatchObject({ name: 'LibvirtError' });
      await volume.delete();
      await expect(pool.volume('disk')).rejects.toThrow(NotFoundError);
    } finally {
      if (await pool.isActive()) await pool.destroy();
      await pool.undefine();
      await rm(directory, { recursive: true });
    }
  });
});
