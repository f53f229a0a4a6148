import type { Devices, Domain } from '@spawnkit/guest-config';
import { guestChannels } from './channels.ts';
import { guestClock } from './clock.ts';
import { guestConsoles } from './console.ts';
import { guestControllers } from './controllers.ts';
import { guestCpu } from './cpu.ts';
import { cpuQuotas } from './cpu-tune.ts';
import { guestGraphics, guestVideos } from './display.ts';
import { guestFeatures } from './features.ts';
import { guestFirmware } from './firmware.ts';
import { domainType, type GuestPolicy, guestPolicy, isQemu } from './guest-policy.ts';
import type { GuestRequest } from './guest-request.ts';
import { checkPciDevices, guestHostdevs } from './hostdevs.ts';
import { guestIdMap } from './idmap.ts';
import { guestInputs } from './input.ts';
import { guestInterfaces } from './interfaces.ts';
import { guestIommu } from './iommu.ts';
import { checkMachine } from './machine.ts';
import { guestMemballoon } from './memballoon.ts';
import { guestMemory, guestMemoryBacking } from './memory.ts';
import { launchSecurity, throughIommu } from './memory-encryption.ts';
import { guestMetadata } from './metadata.ts';
import { refuseUnsupported } from './not-supported.ts';
import { guestPlacement } from './numa.ts';
import { guestOs } from './os.ts';
import { guestPerf } from './perf.ts';
import { guestRngs } from './rng.ts';
import { checkStorage, guestStorage } from './storage.ts';
import { guestSysinfos } from './sysinfo.ts';
import { guestTpms } from './tpm.ts';
import { guestWatchdogs } from './watchdog.ts';

/**
 * Decides what hardware a guest gets, as `_get_guest_config` of Nova 26 (`nova/virt/libvirt/driver.py`) does. Pure: the same
 * request gives the same guest. Throws {@link DesignerError}; `BlockinfoError` for disks that cannot boot; `InstanceError` for
 * image properties that are not valid.
 */
export function designGuest(request: GuestRequest): Domain {
  const policy = guestPolicy(request);
  refuseUnsupported(policy);
  if (isQemu(policy)) checkMachine(policy);
  const { flavor } = policy;
  // In Nova's order, so that a request with several faults is refused for the same one.
  const placement = guestPlacement(policy);
  const security = launchSecurity(policy);
  const memoryBacking = guestMemoryBacking(policy, security !== undefined);
  const quotas = cpuQuotas(policy);
  const cpu = guestCpu(policy, placement.numa);
  const firmware = guestFirmware(policy);
  const os = guestOs(policy, firmware?.firmware);
  const features = guestFeatures(policy, { smm: firmware?.requiresSmm ?? false, uefi: firmware !== undefined });
  const devices = { ...guestDevices(policy, security !== undefined), iommu: guestIommu(policy) };
  checkStorage(policy);
  checkPciDevices(devices);
  return {
    type: domainType(policy),
    name: request.domainName,
    uuid: request.instance.uuid,
    metadata: { nodes: [guestMetadata(policy)] },
    memory: guestMemory(policy),
    memoryBacking,
    vcpu: { value: flavor.vcpus, cpuset: placement.cpuset },
    cputune: quotas || placement.cputune ? { ...placement.cputune, ...quotas } : undefined,
    numatune: placement.numatune,
    sysinfos: guestSysinfos(policy),
    os,
    idmap: guestIdMap(policy),
    features,
    cpu,
    clock: guestClock(policy),
    perf: guestPerf(policy),
    devices: security ? throughIommu(devices) : devices,
    launchSecurity: security,
  };
}

/** In Nova's order, too. */
function guestDevices(policy: GuestPolicy, isEncrypted: boolean): Devices {
  const { disks, filesystems, controllers } = guestStorage(policy);
  const interfaces = guestInterfaces(policy);
  const consoles = guestConsoles(policy);
  const videos = guestVideos(policy);
  const inputs = guestInputs(policy);
  return {
    disks,
    filesystems,
    controllers: [...controllers, ...guestControllers(policy, { disks, inputs, isEncrypted })],
    interfaces,
    ...consoles,
    graphics: guestGraphics(policy),
    videos,
    inputs,
    channels: guestChannels(policy),
    rngs: guestRngs(policy),
    tpms: guestTpms(policy),
    hostdevs: guestHostdevs(policy),
    watchdogs: guestWatchdogs(policy),
    memballoon: guestMemballoon(policy),
  };
}
