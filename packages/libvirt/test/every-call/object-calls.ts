import { randomUUID } from 'node:crypto';
import { uuidBytes } from '../../src/objects/uuid.ts';
import type { World } from './world.ts';

const flags = 0;

/** Networks and their ports. */
export async function walkNetworks(w: World): Promise<void> {
  const { call } = w.walk;
  const all = { needResults: 1, flags };
  const xml = networkXml(w.name(), w.id);
  const created = await call('networkCreateXml', { xml });
  if (created) await call('networkDestroy', { net: created.net });
  const again = await call('networkCreateXmlFlags', { xml, flags });
  if (again) await w.conn.networks.byName(again.net.name).then((network) => network.destroy());
  await call('networkDefineXmlFlags', { xml, flags });
  const defined = await call('networkDefineXml', { xml });
  if (!defined) throw new Error('A network cannot be defined, so nothing about networks is walked');
  const { net } = defined;
  w.later(async () => (await w.conn.networks.byUuid(uuidOf(net.uuid))).undefine());
  await call('networkCreate', { net });
  w.later(async () => (await w.conn.networks.byUuid(uuidOf(net.uuid))).destroy());
  await call('networkLookupByName', { name: net.name });
  await call('networkLookupByUuid', { uuid: net.uuid });
  await call('networkGetXmlDesc', { net, flags });
  await call('networkGetBridgeName', { net });
  await call('networkIsActive', { net });
  await call('networkIsPersistent', { net });
  await call('networkSetAutostart', { net, autostart: 1 });
  await call('networkGetAutostart', { net });
  await call('networkSetAutostart', { net, autostart: 0 });
  const host = { net, section: 4, parentIndex: -1, xml: "<host mac='52:54:00:aa:bb:cc' ip='192.0.2.5'/>" };
  await call('networkUpdate', { ...host, command: 3, flags: 3 });
  await call('networkGetDhcpLeases', { net, needResults: 1, flags });
  await call('networkSetMetadata', { network: net, type: 0, metadata: 'walked', flags });
  await call('networkGetMetadata', { network: net, type: 0, flags });
  await call('connectNumOfNetworks', undefined);
  await call('connectListNetworks', { maxnames: 100 });
  await call('connectNumOfDefinedNetworks', undefined);
  await call('connectListDefinedNetworks', { maxnames: 100 });
  await call('connectListAllNetworks', all);

  const uuid = randomUUID();
  const portXml = `<networkport><uuid>${uuid}</uuid><owner><name>walk</name><uuid>${randomUUID()}</uuid></owner>
    <mac address='52:54:00:aa:bb:dd'/></networkport>`;
  const made = await call('networkPortCreateXml', { network: net, xml: portXml, flags });
  await call('networkListAllPorts', { network: net, ...all });
  await call('networkPortLookupByUuid', { network: net, uuid: uuidBytes(uuid) });
  const port = made?.port ?? { net, uuid: uuidBytes(uuid) };
  await call('networkPortGetXmlDesc', { port, flags });
  const tuning = await call('networkPortGetParameters', { port, nparams: 0, flags });
  await call('networkPortGetParameters', { port, nparams: tuning?.nparams ?? 0, flags });
  await call('networkPortSetParameters', { port, params: [], flags });
  await call('networkPortDelete', { port, flags });
  await call('networkDestroy', { net });
  await call('networkUndefine', { net });
}

/** Secrets, network filters and their bindings. */
export async function walkSecretsAndFilters(w: World): Promise<void> {
  const { call } = w.walk;
  const all = { needResults: 1, flags };
  const usage = w.name();
  const xml = `<secret ephemeral='yes' private='no'><uuid>${randomUUID()}</uuid>
    <usage type='ceph'><name>${usage}</name></usage></secret>`;
  const secret = (await call('secretDefineXml', { xml, flags }))?.secret ?? {
    uuid: uuidBytes(randomUUID()),
    usageType: 2,
    usageID: usage,
  };
  w.later(async () => (await w.conn.secrets.byUsage('CEPH', usage)).undefine());
  await call('secretLookupByUuid', { uuid: secret.uuid });
  await call('secretLookupByUsage', { usageType: 2, usageID: usage });
  await call('secretSetValue', { secret, value: Buffer.from('walked'), flags });
  await call('secretGetValue', { secret, flags });
  await call('secretGetXmlDesc', { secret, flags });
  await call('connectNumOfSecrets', undefined);
  await call('connectListSecrets', { maxuuids: 100 });
  await call('connectListAllSecrets', all);
  await call('secretUndefine', { secret });

  const name = w.name();
  const filterXml = `<filter name='${name}'><rule action='drop' direction='in'/></filter>`;
  const nwfilter = (await call('nwfilterDefineXml', { xml: filterXml }))?.nwfilter ?? {
    name,
    uuid: uuidBytes(randomUUID()),
  };
  w.later(async () => (await w.conn.nwfilters.byName(name)).undefine());
  const validated = w.name();
  await call('nwfilterDefineXmlFlags', { xml: `<filter name='${validated}'/>`, flags: 1 });
  w.later(async () => (await w.conn.nwfilters.byName(validated)).undefine());
  await call('nwfilterLookupByName', { name });
  await call('nwfilterLookupByUuid', { uuid: nwfilter.uuid });
  await call('nwfilterGetXmlDesc', { nwfilter, flags });
  await call('connectNumOfNwfilters', undefined);
  await call('connectListNwfilters', { maxnames: 100 });
  await call('connectListAllNwfilters', all);
  await walkBindings(w, name);
  await call('nwfilterUndefine', { nwfilter });
}

/** A binding stands for a port that somebody else plugs; here it is the bridge of a network of the walk. */
async function walkBindings(w: World, filter: string): Promise<void> {
  const { call } = w.walk;
  const device = `wb${w.id.slice(0, 6)}`;
  const network = await w.conn.networks.createXml(
    `<network><name>${w.name()}</name><bridge name='${device}'/></network>`,
  );
  w.later(() => network.destroy());
  const xml = `<filterbinding><owner><name>walk</name><uuid>${randomUUID()}</uuid></owner>
    <portdev name='${device}'/><mac address='52:54:00:aa:bb:ee'/><filterref filter='${filter}'/></filterbinding>`;
  await call('nwfilterBindingCreateXml', { xml, flags });
  const nwfilter = { portdev: device, filtername: filter };
  await call('nwfilterBindingLookupByPortDev', { name: device });
  await call('nwfilterBindingGetXmlDesc', { nwfilter, flags });
  await call('connectListAllNwfilterBindings', { needResults: 1, flags });
  await call('nwfilterBindingDelete', { nwfilter });
  await network.destroy();
}

/** The host's devices and interfaces. On a real host they are looked at only. */
export async function walkDevices(w: World): Promise<void> {
  const { call, leaveOut } = w.walk;
  const all = { needResults: 1, flags };
  await call('nodeNumOfDevices', { flags });
  await call('nodeListDevices', { maxnames: 1000, flags });
  await call('connectListAllNodeDevices', all);
  const name = 'computer';
  await call('nodeDeviceLookupByName', { name });
  await call('nodeDeviceGetXmlDesc', { name, flags });
  await call('nodeDeviceGetParent', { name });
  await call('nodeDeviceNumOfCaps', { name });
  await call('nodeDeviceListCaps', { name, maxnames: 10 });
  await call('nodeDeviceLookupScsiHostByWwn', { wwnn: '2000000012341234', wwpn: '1000000012341234', flags });
  await call('nodeDeviceIsActive', { name });
  await call('nodeDeviceIsPersistent', { name });
  await call('nodeDeviceGetAutostart', { name });
  await call('connectNumOfInterfaces', undefined);
  await call('connectListInterfaces', { maxnames: 100 });
  await call('connectNumOfDefinedInterfaces', undefined);
  await call('connectListDefinedInterfaces', { maxnames: 100 });
  const interfaces = await call('connectListAllInterfaces', all);
  const iface = interfaces?.ifaces[0] ?? { name: 'lo', mac: '00:00:00:00:00:00' };
  await call('interfaceLookupByName', { name: iface.name });
  await call('interfaceLookupByMacString', { mac: iface.mac });
  await call('interfaceGetXmlDesc', { iface, flags });
  await call('interfaceIsActive', { iface });
  // Never, whatever the driver: these are about the host of the daemon.
  leaveOut(['nodeAllocPages', 'nodeSetMemoryParameters', 'nodeSuspendForDuration']);
  if (w.driver === 'test') return walkImaginaryDevices(w);
  leaveOut([
    'interfaceChangeBegin',
    'interfaceChangeCommit',
    'interfaceChangeRollback',
    'interfaceCreate',
    'interfaceDefineXml',
    'interfaceDestroy',
    'interfaceUndefine',
    'nodeDeviceCreate',
    'nodeDeviceCreateXml',
    'nodeDeviceDefineXml',
    'nodeDeviceDestroy',
    'nodeDeviceDetachFlags',
    'nodeDeviceDettach',
    'nodeDeviceReAttach',
    'nodeDeviceReset',
    'nodeDeviceSetAutostart',
    'nodeDeviceUndefine',
    'nodeDeviceUpdate',
  ]);
}

/** The test driver's host is made up, so it may change. */
async function walkImaginaryDevices(w: World): Promise<void> {
  const { call } = w.walk;
  await call('interfaceChangeBegin', { flags });
  await call('interfaceChangeRollback', { flags });
  await call('interfaceChangeBegin', { flags });
  await call('interfaceChangeCommit', { flags });
  const xml = `<interface type='ethernet' name='w${w.id.slice(0, 6)}'><start mode='none'/>
    <mac address='52:54:00:dd:ee:ff'/></interface>`;
  const defined = await call('interfaceDefineXml', { xml, flags });
  const iface = defined?.iface ?? { name: 'nobody', mac: '' };
  await call('interfaceCreate', { iface, flags });
  await call('interfaceDestroy', { iface, flags });
  await call('interfaceUndefine', { iface });

  const device = `<device><parent>test-scsi-host-vport</parent>
    <capability type='scsi_host'><capability type='fc_host'/></capability></device>`;
  const created = await call('nodeDeviceCreateXml', { xmlDesc: device, flags });
  const name = created?.dev.name ?? 'nobody';
  await call('nodeDeviceReset', { name });
  await call('nodeDeviceDettach', { name });
  await call('nodeDeviceDetachFlags', { name, flags });
  await call('nodeDeviceReAttach', { name });
  await call('nodeDeviceSetAutostart', { name, autostart: 0 });
  await call('nodeDeviceUpdate', { name, xmlDesc: device, flags });
  await call('nodeDeviceDestroy', { name });
  await call('nodeDeviceDefineXml', { xmlDesc: device, flags });
  await call('nodeDeviceCreate', { name, flags });
  await call('nodeDeviceUndefine', { name, flags });
}

function networkXml(name: string, id: string): string {
  return `<network><name>${name}</name><uuid>${randomUUID()}</uuid><bridge name='wn${id.slice(0, 6)}'/>
    <ip address='192.0.2.1' netmask='255.255.255.240'><dhcp><range start='192.0.2.2' end='192.0.2.4'/></dhcp></ip></network>`;
}

function uuidOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
