import { mkdir } from 'node:fs/promises';
import type { World } from './world.ts';

const flags = 0;

/** Storage pools and volumes. */
export async function walkStorage(w: World): Promise<void> {
  const { call, calls } = w.walk;
  const target = `${w.directory}/pool`;
  await mkdir(target);
  const name = w.name();
  const xml = `<pool type='dir'><name>${name}</name><target><path>${target}</path></target></pool>`;
  const created = await call('storagePoolCreateXml', { xml, flags });
  if (created) await call('storagePoolDestroy', { pool: created.pool });
  const defined = await call('storagePoolDefineXml', { xml, flags });
  if (!defined) throw new Error('A pool cannot be defined, so nothing about storage is walked');
  const { pool } = defined;
  w.later(async () => (await w.conn.storagePools.byName(name)).undefine());
  await call('storagePoolBuild', { pool, flags });
  await call('storagePoolCreate', { pool, flags });
  w.later(async () => (await w.conn.storagePools.byName(name)).destroy());
  await call('storagePoolLookupByName', { name });
  await call('storagePoolLookupByUuid', { uuid: pool.uuid });
  await call('storagePoolLookupByTargetPath', { path: target });
  await call('storagePoolGetInfo', { pool });
  await call('storagePoolGetXmlDesc', { pool, flags });
  await call('storagePoolIsActive', { pool });
  await call('storagePoolIsPersistent', { pool });
  await call('storagePoolSetAutostart', { pool, autostart: 1 });
  await call('storagePoolGetAutostart', { pool });
  await call('storagePoolSetAutostart', { pool, autostart: 0 });
  await walkVolumes(w, pool);
  await call('storagePoolRefresh', { pool, flags });
  await calls(['connectNumOfStoragePools', 'connectNumOfDefinedStoragePools'], undefined);
  await call('connectListStoragePools', { maxnames: 100 });
  await call('connectListDefinedStoragePools', { maxnames: 100 });
  await call('connectListAllStoragePools', { needResults: 1, flags });
  await call('connectFindStoragePoolSources', { type: w.driver === 'test' ? 'logical' : 'dir', flags });
  await call('storagePoolDestroy', { pool });
  await call('storagePoolDelete', { pool, flags });
  await call('storagePoolUndefine', { pool });
}

async function walkVolumes({ walk: { call, stream } }: World, pool: { name: string; uuid: Uint8Array }): Promise<void> {
  const volumeXml = (name: string) =>
    `<volume><name>${name}</name><capacity unit='KiB'>256</capacity><target><format type='raw'/></target></volume>`;
  const created = await call('storageVolCreateXml', { pool, xml: volumeXml('disk'), flags });
  if (!created) throw new Error('A volume cannot be made, so nothing about volumes is walked');
  const { vol } = created;
  const copy = await call('storageVolCreateXmlFrom', { pool, xml: volumeXml('copy'), clonevol: vol, flags });
  if (copy) await call('storageVolDelete', { vol: copy.vol, flags });
  await call('storageVolLookupByName', { pool, name: 'disk' });
  await call('storageVolLookupByKey', { key: vol.key });
  const path = await call('storageVolGetPath', { vol });
  await call('storageVolLookupByPath', { path: path?.name ?? vol.key });
  await call('storagePoolLookupByVolume', { vol });
  await call('storageVolGetInfo', { vol });
  await call('storageVolGetInfoFlags', { vol, flags: 1 });
  await call('storageVolGetXmlDesc', { vol, flags });
  await call('storagePoolNumOfVolumes', { pool });
  await call('storagePoolListVolumes', { pool, maxnames: 100 });
  await call('storagePoolListAllVolumes', { pool, needResults: 1, flags });
  await stream('storageVolUpload', { vol, offset: 0n, length: 1024n, flags }, Buffer.alloc(1024, 'walk'));
  await stream('storageVolDownload', { vol, offset: 0n, length: 0n, flags: 1 });
  await call('storageVolResize', { vol, capacity: 524_288n, flags });
  await call('storageVolWipe', { vol, flags });
  await call('storageVolWipePattern', { vol, algorithm: 0, flags });
  await call('storageVolDelete', { vol, flags });
}
