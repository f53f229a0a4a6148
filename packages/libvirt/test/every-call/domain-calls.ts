import { TypedParameterType } from '../../src/generated/enums.gen.ts';
import type { Domain } from '../../src/index.ts';
import { dom, type World } from './world.ts';

const flags = 0;

/** Domains come and go. */
export async function walkLife(w: World): Promise<void> {
  const { call } = w.walk;
  // The test driver knows no paused start, the other one needs not run its guests here.
  const paused = w.driver === 'qemu' ? 1 : 0;
  for (const name of ['domainDefineXmlFlags', 'domainDefineXml'] as const) {
    const xml = await w.domainXml();
    const made = name === 'domainDefineXml' ? await call(name, { xml }) : await call(name, { xml, flags });
    if (made) await call('domainUndefine', { dom: made.dom });
  }
  const transient = await call('domainCreateXml', { xmlDesc: await w.domainXml(), flags: paused });
  if (transient) await call('domainDestroy', { dom: transient.dom });
  const given = await call('domainCreateXmlWithFiles', { xmlDesc: await w.domainXml(), flags: paused });
  if (given) await call('domainDestroy', { dom: given.dom });

  const domain = await w.defined();
  const d = dom(domain);
  await call('domainSetAutostart', { ...d, autostart: 1 });
  await call('domainGetAutostart', d);
  await call('domainSetAutostart', { ...d, autostart: 0 });
  await call('domainGetAutostartOnce', d);
  await call('domainSetAutostartOnce', { ...d, autostart: 0 });
  await call('domainSetMaxMemory', { ...d, memory: 262_144n });
  await call('domainRename', { ...d, newName: w.name(), flags });
  await call('domainCreateWithFlags', { ...d, flags: paused });
  await call('domainDestroyFlags', { ...d, flags });
  await call('domainCreateWithFiles', { ...d, flags: paused });
  await domain.destroy().catch(() => {});
  await call('domainUndefineFlags', { ...d, flags: w.driver === 'qemu' ? 4 : 0 });
  await walkPower(w, await w.defined(), await w.defined());
}

async function walkPower({ walk: { call } }: World, first: Domain, second: Domain): Promise<void> {
  const d = dom(first);
  await call('domainCreate', d);
  await call('domainSuspend', d);
  await call('domainResume', d);
  await call('domainPmSuspendForDuration', { ...d, target: 0, duration: 0n, flags });
  await call('domainPmWakeup', { ...d, flags });
  await call('domainShutdownFlags', { ...d, flags });
  // Last, since firmware may die of it. The test driver's guests obey a shutdown at once.
  await first.start().catch(() => {});
  await call('domainInjectNmi', { ...d, flags });
  await first.destroy().catch(() => {});
  await second.start();
  await call('domainShutdown', dom(second));
  await second.start().catch(() => {});
  await call('domainReboot', { ...dom(second), flags });
  await second.start().catch(() => {});
  await call('domainReset', { ...dom(second), flags });
  await second.destroy().catch(() => {});
}

/** What is known about a domain. */
export async function walkFacts(w: World, domain: Domain): Promise<void> {
  const { call, calls } = w.walk;
  const d = dom(domain);
  await call('domainLookupByName', { name: domain.name });
  await call('domainLookupByUuid', { uuid: domain.ref.uuid });
  await call('domainLookupById', { id: domain.id ?? -1 });
  await calls(
    [
      'domainGetInfo',
      'domainGetMaxMemory',
      'domainGetMaxVcpus',
      'domainGetOsType',
      'domainGetSchedulerType',
      'domainGetSecurityLabel',
      'domainGetSecurityLabelList',
      'domainIsActive',
      'domainIsPersistent',
      'domainIsUpdated',
      'domainGetJobInfo',
    ],
    d,
  );
  await calls(
    [
      'domainGetState',
      'domainGetXmlDesc',
      'domainGetControlInfo',
      'domainGetJobStats',
      'domainGetMessages',
      'domainGetIothreadInfo',
      'domainGetLaunchSecurityInfo',
      'domainGetPerfEvents',
      'domainGetVcpusFlags',
    ],
    { ...d, flags },
  );
  await call('domainGetVcpus', { ...d, maxinfo: 2, maplen: 8 });
  await call('domainGetVcpuPinInfo', { ...d, ncpumaps: 2, maplen: 8, flags });
  await call('domainGetEmulatorPinInfo', { ...d, maplen: 8, flags });
  await call('domainMemoryStats', { ...d, maxStats: 16, flags });
  await call('domainGetDiskErrors', { ...d, maxerrors: 0, flags });
  await call('domainGetBlockInfo', { ...d, path: 'vda', flags });
  await call('domainBlockStats', { ...d, path: 'vda' });
  const disk = await call('domainBlockStatsFlags', { ...d, path: 'vda', nparams: 0, flags });
  await call('domainBlockStatsFlags', { ...d, path: 'vda', nparams: disk?.nparams ?? 0, flags });
  const device = /target dev='((?:vnet|testnet)[^']*)'/.exec(await domain.xml())?.[1] ?? 'vnet0';
  await call('domainInterfaceStats', { ...d, device });
  await call('domainInterfaceAddresses', { ...d, source: 0, flags });
  const cpu = await call('domainGetCpuStats', { ...d, nparams: 0, startCpu: -1, ncpus: 1, flags });
  await call('domainGetCpuStats', { ...d, nparams: cpu?.nparams ?? 0, startCpu: -1, ncpus: 1, flags });
  await call('domainSetMetadata', { ...d, type: 1, metadata: 'walked', flags });
  await call('domainGetMetadata', { ...d, type: 1, flags });
  await call('domainBlockPeek', { ...d, path: 'vda', offset: 0n, size: 512, flags });
  await call('domainMemoryPeek', { ...d, offset: 0n, size: 64, flags: 2 });
  await call('connectGetAllDomainStats', { doms: [domain.ref], stats: 0, flags });
  await call('connectNumOfDomains', undefined);
  await call('connectListDomains', { maxids: 100 });
  await call('connectNumOfDefinedDomains', undefined);
  await call('connectListDefinedDomains', { maxnames: 1000 });
  await call('connectListAllDomains', { needResults: 1, flags });
}

/** What a domain may have of the host. Each is read, and set to what it is or to something harmless. */
export async function walkTuning(w: World, domain: Domain): Promise<void> {
  const { call } = w.walk;
  const d = dom(domain);
  const cpumap = Uint8Array.of(1);
  const ull = (field: string, ul: bigint) => ({ field, value: { type: TypedParameterType.ULLONG, ul } }) as const;
  const uint = (field: string, ui: number) => ({ field, value: { type: TypedParameterType.UINT, ui } }) as const;

  const { nparams = 0 } = (await call('domainGetSchedulerType', d)) ?? {};
  await call('domainGetSchedulerParameters', { ...d, nparams });
  await call('domainGetSchedulerParametersFlags', { ...d, nparams, flags });
  const shares = [w.driver === 'test' ? uint('weight', 50) : ull('cpu_shares', 1024n)];
  await call('domainSetSchedulerParameters', { ...d, params: shares });
  await call('domainSetSchedulerParametersFlags', { ...d, params: shares, flags });
  const memory = await call('domainGetMemoryParameters', { ...d, nparams: 0, flags });
  await call('domainGetMemoryParameters', { ...d, nparams: memory?.nparams ?? 0, flags });
  await call('domainSetMemoryParameters', { ...d, params: [ull('hard_limit', 4_000_000n)], flags });
  const blkio = await call('domainGetBlkioParameters', { ...d, nparams: 0, flags });
  await call('domainGetBlkioParameters', { ...d, nparams: blkio?.nparams ?? 0, flags });
  await call('domainSetBlkioParameters', { ...d, params: [uint('weight', 500)], flags });
  const numa = await call('domainGetNumaParameters', { ...d, nparams: 0, flags });
  await call('domainGetNumaParameters', { ...d, nparams: numa?.nparams ?? 0, flags });
  const nodes = { field: 'numa_nodeset', value: { type: TypedParameterType.STRING, s: '0' } } as const;
  await call('domainSetNumaParameters', { ...d, params: [nodes], flags: 2 });
  const io = await call('domainGetBlockIoTune', { ...d, disk: 'vda', nparams: 0, flags });
  await call('domainGetBlockIoTune', { ...d, disk: 'vda', nparams: io?.nparams ?? 0, flags });
  await call('domainSetBlockIoTune', { ...d, disk: 'vda', params: [ull('total_bytes_sec', 1_000_000_000n)], flags });
  await call('domainSetThrottleGroup', { ...d, group: 'g', params: [ull('total_bytes_sec', 1_000_000n)], flags });
  await call('domainDelThrottleGroup', { ...d, group: 'g', flags });
  const mac = /mac address='([^']*)'/.exec(await domain.xml())?.[1] ?? '';
  const net = await call('domainGetInterfaceParameters', { ...d, device: mac, nparams: 0, flags });
  await call('domainGetInterfaceParameters', { ...d, device: mac, nparams: net?.nparams ?? 0, flags });
  await call('domainSetInterfaceParameters', { ...d, device: mac, params: [uint('inbound.average', 0)], flags: 2 });
  const off = { field: 'cpu_cycles', value: { type: TypedParameterType.BOOLEAN, b: 0 } } as const;
  await call('domainSetPerfEvents', { ...d, params: [off], flags });

  await call('domainSetMemory', { ...d, memory: 131_072n });
  await call('domainSetMemoryFlags', { ...d, memory: 131_072n, flags: 2 });
  await call('domainSetMemoryStatsPeriod', { ...d, period: 10, flags: 2 });
  await call('domainSetVcpus', { ...d, nvcpus: 1 });
  await call('domainSetVcpusFlags', { ...d, nvcpus: 1, flags: 2 });
  await call('domainSetVcpu', { ...d, cpumap: '1', state: 1, flags: 2 });
  await call('domainPinVcpu', { ...d, vcpu: 0, cpumap });
  await call('domainPinVcpuFlags', { ...d, vcpu: 0, cpumap, flags: 2 });
  await call('domainPinEmulator', { ...d, cpumap, flags });
  await call('domainPinIothread', { ...d, iothreadsId: 1, cpumap, flags: 2 });
  await call('domainAddIothread', { ...d, iothreadId: 7, flags: 2 });
  await call('domainSetIothreadParams', { ...d, iothreadId: 1, params: [ull('poll_max_ns', 1000n)], flags });
  await call('domainDelIothread', { ...d, iothreadId: 7, flags: 2 });
  await call('domainSetLifecycleAction', { ...d, type: 0, action: 0, flags });
  await call('domainSetLaunchSecurityState', { ...d, params: [], flags });
}

/** Devices come and go, too. */
export async function walkDeviceChanges(w: World, domain: Domain): Promise<void> {
  const { call } = w.walk;
  const d = dom(domain);
  const nic = (mac: string) =>
    `<interface type='network'><mac address='${mac}'/><source network='${w.machine.network}'/><model type='virtio'/></interface>`;
  const macs = ['52:54:00:0a:0b:01', '52:54:00:0a:0b:02', '52:54:00:0a:0b:03'] as const;
  await call('domainAttachDevice', { ...d, xml: nic(macs[0]) });
  await call('domainDetachDevice', { ...d, xml: nic(macs[0]) });
  await call('domainAttachDeviceFlags', { ...d, xml: nic(macs[1]), flags: 2 });
  await call('domainUpdateDeviceFlags', { ...d, xml: nic(macs[1]), flags: 2 });
  await call('domainDetachDeviceFlags', { ...d, xml: nic(macs[1]), flags: 2 });
  await call('domainAttachDeviceFlags', { ...d, xml: withAlias(nic(macs[2])), flags: 2 });
  await call('domainDetachDeviceAlias', { ...d, alias: 'ua-walk', flags: 2 });
  await call('domainSendKey', { ...d, codeset: 0, holdtime: 10, keycodes: [28], flags });
  await call('domainSendProcessSignal', { ...d, pidValue: 1n, signum: 0, flags });
  await call('domainGraphicsReload', { ...d, type: 0, flags });
  await call('domainOpenGraphics', { ...d, idx: 0, flags });
  await call('domainOpenGraphicsFd', { ...d, idx: 0, flags });
  await call('domainFdAssociate', { ...d, name: 'walk', flags });
  await call('domainOpenNamespace', { ...d, flags });
  await call('domainSetBlockThreshold', { ...d, dev: 'vda', threshold: 100_000n, flags });
  await call('domainStartDirtyRateCalc', { ...d, seconds: 1, flags });
  await call('domainAttach', { pidValue: process.pid, flags });
  await call('domainMonitorCommand', { ...d, cmd: '{"execute":"query-status"}', flags });
  await call('domainMonitorCommandWithFiles', { ...d, cmd: '{"execute":"query-status"}', flags });
}

function withAlias(device: string): string {
  return device.replace('</interface>', "<alias name='ua-walk'/></interface>");
}
