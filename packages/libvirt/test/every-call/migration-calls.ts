import { TypedParameterType } from '../../src/generated/enums.gen.ts';
import type { Domain } from '../../src/index.ts';
import { dom, type World } from './world.ts';

const flags = 0;
const uflags = 0n;
const none = new Uint8Array();
const UNSAFE = 512n;
/** The other way to perform, without the daemon as its own client, kills libvirtd 9.0.0 unless a migration has begun. */
const PEER2PEER = 2n;
const NOWHERE = 'qemu+tcp://127.0.0.1:1/system';

/**
 * The steps of migration, which libvirt's own library puts together. Here each is asked for by itself, so most are refused:
 * what counts is that the daemon understands the question and we the answer.
 */
export async function walkMigration({ walk: { call, stream } }: World, domain: Domain): Promise<void> {
  const d = dom(domain);
  const { name } = domain;
  const domXml = await domain.xml();
  const target = { dname: 'walk-target', resource: 0n };
  const uri = 'tcp://127.0.0.1:1';
  await call('domainMigrateGetMaxDowntime', { ...d, flags });
  await call('domainMigrateSetMaxDowntime', { ...d, downtime: 100n, flags });
  await call('domainMigrateGetMaxSpeed', { ...d, flags });
  await call('domainMigrateSetMaxSpeed', { ...d, bandwidth: 100n, flags });
  await call('domainMigrateGetCompressionCache', { ...d, flags });
  await call('domainMigrateSetCompressionCache', { ...d, cacheSize: 67_108_864n, flags });
  await call('domainMigrateStartPostCopy', { ...d, flags });
  await call('domainMigrateBegin3', { ...d, flags: UNSAFE, resource: 0n });
  await call('domainMigrateConfirm3', { ...d, cookieIn: none, flags: uflags, cancelled: 1 });
  await call('domainMigrateBegin3Params', { ...d, params: [], flags: Number(UNSAFE) });
  await call('domainMigrateConfirm3Params', { ...d, params: [], cookieIn: none, flags, cancelled: 1 });
  await call('domainMigratePrepare', { uriIn: uri, flags: uflags, ...target });
  await call('domainMigratePerform', { ...d, cookie: none, uri, flags: uflags, ...target });
  await call('domainMigrateFinish', { dname: target.dname, cookie: none, uri, flags: uflags });
  await call('domainMigratePrepare2', { uriIn: uri, flags: uflags, ...target, domXml: '<domain/>' });
  await call('domainMigrateFinish2', { dname: target.dname, cookie: none, uri, flags: uflags, retcode: 1 });
  await call('domainMigratePrepare3', { cookieIn: none, uriIn: uri, flags: uflags, ...target, domXml: '<domain/>' });
  await call('domainMigratePerform3', { ...d, cookieIn: none, dconnuri: NOWHERE, flags: PEER2PEER, ...target });
  await call('domainMigrateFinish3', { dname: target.dname, cookieIn: none, uri, flags: uflags, cancelled: 1 });
  const text = (field: string, s: string) => ({ field, value: { type: TypedParameterType.STRING, s } }) as const;
  const params = [text('destination_name', target.dname), text('destination_xml', '<domain/>')];
  await call('domainMigratePrepare3Params', { params, cookieIn: none, flags });
  const peer = { ...d, dconnuri: NOWHERE, flags: Number(PEER2PEER) };
  await call('domainMigratePerform3Params', { ...peer, params: [], cookieIn: none });
  await call('domainMigrateFinish3Params', { params, cookieIn: none, flags, cancelled: 1 });
  await stream('domainMigratePrepareTunnel', { flags: 4n, ...target, domXml: domXml.replace(name, target.dname) });
  await stream('domainMigratePrepareTunnel3', { cookieIn: none, flags: 4n, ...target, domXml: '<domain/>' });
  await stream('domainMigratePrepareTunnel3Params', { params, cookieIn: none, flags: 4 });
}
