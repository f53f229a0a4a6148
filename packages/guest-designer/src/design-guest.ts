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
import { guestHostdevs } from './hostdevs.ts';
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
import { guestStorage } from './storage.ts';
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
  const placement = guestPlacement(policy);
  const security = launchSecurity(policy);
  const firmware = guestFirmware(policy);
  const iommu = guestIommu(policy);
  const devices = { ...guestDevices(policy, security !== undefined), iommu };
  const quotas = cpuQuotas(policy);
  return {
    type: domainType(policy),
    name: request.domainName,
    uuid: request.instance.uuid,
    metadata: { nodes: [guestMetadata(policy)] },
    memory: guestMemory(policy),
    memoryBacking: guestMemoryBacking(policy, security !== undefined),
    vcpu: { value: flavor.vcpus, cpuset: placement.cpuset },
    cputune: quotas || placement.cputune ? { ...placement.cputune, ...quotas } : undefined,
    numatune: placement.numatune,
    sysinfos: guestSysinfos(policy),
    os: guestOs(policy, firmware?.firmware),
    idmap: guestIdMap(policy),
    features: guestFeatures(policy, {
      smm: firmware?.requiresSmm ?? false,
      uefi: firmware !== undefined,
      ioapic: iommu !== undefined,
    }),
    cpu: guestCpu(policy, placement.numa),
    clock: guestClock(policy),
    perf: guestPerf(policy),
    devices: security ? throughIommu(devices) : devices,
    launchSecurity: security,
  };
}

function guestDevices(policy: GuestPolicy, isEncrypted: boolean): Devices {
  const { disks, filesystems, controllers } = guestStorage(policy);
  const inputs = guestInputs(policy);
  return {
    disks,
    filesystems,
    controllers: [...controllers, ...guestControllers(policy, { disks, inputs, isEncrypted })],
    interfaces: guestInterfaces(policy),
    ...guestConsoles(policy),
    channels: guestChannels(policy),
    inputs,
    tpms: guestTpms(policy),
    graphics: guestGraphics(policy),
    videos: guestVideos(policy),
    hostdevs: guestHostdevs(policy),
    watchdogs: guestWatchdogs(policy),
    memballoon: guestMemballoon(policy),
    rngs: guestRngs(policy),
  };
}
