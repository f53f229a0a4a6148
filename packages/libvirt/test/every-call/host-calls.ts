import type { World } from './world.ts';

const CPU = '<cpu><arch>x86_64</arch><model>qemu64</model><topology sockets="1" cores="1" threads="1"/></cpu>';

/** Calls about the daemon, the driver and the host. */
export async function walkHost({ walk: { call, calls }, machine, conn }: World): Promise<void> {
  const flags = 0;
  await calls(
    [
      'connectGetType',
      'connectGetVersion',
      'connectGetCapabilities',
      'connectGetHostname',
      'connectGetUri',
      'connectGetLibVersion',
      'connectIsSecure',
      'nodeGetInfo',
      'nodeGetFreeMemory',
      'nodeGetSecurityModel',
    ],
    undefined,
  );
  await call('connectSupportsFeature', { feature: 14 });
  await call('connectGetMaxVcpus', { type: machine.driver });
  await call('connectGetSysinfo', { flags });
  await call('connectGetCpuModelNames', { arch: 'x86_64', needResults: 1, flags });
  await call('connectCompareCpu', { xml: CPU, flags });
  await call('connectBaselineCpu', { xmlCPUs: [CPU, CPU], flags });
  await call('connectCompareHypervisorCpu', { arch: 'x86_64', machine: 'pc', virttype: 'qemu', xmlCPU: CPU, flags });
  await call('connectBaselineHypervisorCpu', {
    arch: 'x86_64',
    machine: 'pc',
    virttype: 'qemu',
    xmlCPUs: [CPU],
    flags,
  });
  await call('connectGetDomainCapabilities', { arch: 'x86_64', machine: 'pc', virttype: 'qemu', flags });
  await call('connectGetStoragePoolCapabilities', { flags });
  await call('connectDomainXmlFromNative', { nativeFormat: 'qemu-argv', nativeConfig: '/usr/bin/qemu -m 64', flags });
  const native = `<domain type='qemu'><name>native</name><memory unit='MiB'>64</memory>
    <os><type arch='x86_64' machine='pc'>hvm</type></os></domain>`;
  await call('connectDomainXmlToNative', { nativeFormat: 'qemu-argv', domainXml: native, flags });

  await call('nodeGetCellsFreeMemory', { startCell: 0, maxcells: 4 });
  const cpu = await call('nodeGetCpuStats', { cpuNum: -1, nparams: 0, flags });
  await call('nodeGetCpuStats', { cpuNum: -1, nparams: cpu?.nparams ?? 0, flags });
  const memory = await call('nodeGetMemoryStats', { cellNum: -1, nparams: 0, flags });
  await call('nodeGetMemoryStats', { cellNum: -1, nparams: memory?.nparams ?? 0, flags });
  const tuning = await call('nodeGetMemoryParameters', { nparams: 0, flags });
  await call('nodeGetMemoryParameters', { nparams: tuning?.nparams ?? 0, flags });
  await call('nodeGetCpuMap', { needMap: 1, needOnline: 1, flags });
  await call('nodeGetFreePages', { pages: [4], startCell: 0, cellCount: 1, flags });
  const sev = await call('nodeGetSevInfo', { nparams: 0, flags });
  await call('nodeGetSevInfo', { nparams: sev?.nparams ?? 0, flags });
  await call('connectGetAllDomainStats', { doms: [], stats: 0, flags });
  await conn.hostname();
}

/** Registrations for events, the old ways included. Each is given back. */
export async function walkEvents({ walk: { call } }: World): Promise<void> {
  await call('connectRegisterCloseCallback', undefined);
  await call('connectUnregisterCloseCallback', undefined);
  await call('connectDomainEventRegister', undefined);
  await call('connectDomainEventDeregister', undefined);
  await call('connectDomainEventRegisterAny', { eventID: 1 });
  await call('connectDomainEventDeregisterAny', { eventID: 1 });
  const domain = await call('connectDomainEventCallbackRegisterAny', { eventID: 2 });
  await call('connectDomainEventCallbackDeregisterAny', { callbackID: domain?.callbackID ?? -1 });
  const network = await call('connectNetworkEventRegisterAny', { eventID: 0 });
  await call('connectNetworkEventDeregisterAny', { callbackID: network?.callbackID ?? -1 });
  const pool = await call('connectStoragePoolEventRegisterAny', { eventID: 0 });
  await call('connectStoragePoolEventDeregisterAny', { callbackID: pool?.callbackID ?? -1 });
  const device = await call('connectNodeDeviceEventRegisterAny', { eventID: 0 });
  await call('connectNodeDeviceEventDeregisterAny', { callbackID: device?.callbackID ?? -1 });
  const secret = await call('connectSecretEventRegisterAny', { eventID: 0 });
  await call('connectSecretEventDeregisterAny', { callbackID: secret?.callbackID ?? -1 });
  const monitor = await call('connectDomainMonitorEventRegister', { event: 'STOP', flags: 0 });
  await call('connectDomainMonitorEventDeregister', { callbackID: monitor?.callbackID ?? -1 });
}
