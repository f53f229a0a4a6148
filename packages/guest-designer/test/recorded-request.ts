import { join } from 'node:path';
import { getDiskInfo } from '@spawnkit/blockinfo';
import { parseBlockDeviceInfo, parseImageMeta, parseInstance, parseNetworkInfo } from '@spawnkit/instance';
import type { Accelerator, GuestRequest } from '../src/index.ts';
import { type GuestXmlCase, type Json, listOf, numberOf, recordOf, textOf, textsOf } from './recorded-case.ts';
import { blockinfoConfigOf, designerConfigOf } from './recorded-config.ts';
import { sourcesOf } from './recorded-disks.ts';
import type { RecordedHost } from './recorded-host.ts';

/** Sources of randomness on every recorded host. */
const rngDevices: readonly string[] = ['/dev/urandom', '/dev/random'];

/** The request that a recorded case makes of us; the disk mapping is our own. Errors of parsers and of the mapping pass through. */
export function requestOf(one: GuestXmlCase, { recorded, facts }: RecordedHost): GuestRequest {
  const { config, input } = one;
  const instance = parseInstance(input.instance);
  const imageMeta = parseImageMeta(input.image_meta);
  const designerConfig = designerConfigOf(config, recorded);
  const rescue = input.rescue ? recordOf(input.rescue) : undefined;
  const { mapping, blockDeviceInfo } = getDiskInfo({
    virtType: designerConfig.virtType,
    instance,
    imageMeta,
    blockDeviceInfo: parseBlockDeviceInfo(input.block_device_info),
    rescue: rescue !== undefined,
    rescueImageMeta: input.rescue_image_meta ? parseImageMeta(input.rescue_image_meta) : undefined,
    hostArch: facts.arch,
    config: blockinfoConfigOf(config),
  });
  const instancePath = join(textOf(config.instances_path) ?? '', instance.uuid);
  const disks = { one, host: recorded, instancePath, uuid: instance.uuid, mapping, blockDeviceInfo };
  return {
    instance,
    imageMeta,
    domainName: `instance-${instance.id.toString(16).padStart(8, '0')}`,
    diskMapping: mapping,
    blockDeviceInfo,
    disks: sourcesOf(disks),
    networkInfo: parseNetworkInfo(input.network_info),
    host: { ...facts, rngDevPathExists: rngDevices.includes(designerConfig.rngDevPath) },
    config: designerConfig,
    createdAt: new Date((numberOf(recorded.now) ?? 0) * 1000),
    consoleLogPath: join(instancePath, 'console.log'),
    ...kernel(instancePath, rescue, { kernel: instance.kernelId, ramdisk: instance.ramdiskId }),
    rescue: rescue !== undefined,
    rootfsPath: join(instancePath, 'rootfs'),
    serialPorts: Array.from({ length: 16 }, (_, index) => 10_000 + index),
    mediatedDevices: textsOf(input.mdevs),
    accelerators: listOf(input.accel_info).map(recordOf).map(acceleratorOf),
  };
}

function acceleratorOf(recorded: Json): Accelerator {
  const info = recordOf(recorded.attach_handle_info);
  const part = (name: string) => textOf(info[name]) ?? '';
  return {
    attachHandleType: textOf(recorded.attach_handle_type) ?? '',
    attachHandleInfo: { domain: part('domain'), bus: part('bus'), device: part('device'), function: part('function') },
  };
}

function kernel(
  instancePath: string,
  rescue: Readonly<Record<string, unknown>> | undefined,
  ids: { readonly kernel: string; readonly ramdisk: string },
) {
  const suffix = rescue ? '.rescue' : '';
  const hasKernel = Boolean(rescue ? rescue.kernel_id : ids.kernel);
  const hasRamdisk = Boolean(rescue ? rescue.ramdisk_id : ids.ramdisk);
  return {
    kernelPath: hasKernel ? join(instancePath, `kernel${suffix}`) : undefined,
    ramdiskPath: hasRamdisk ? join(instancePath, `ramdisk${suffix}`) : undefined,
  };
}
