import { defaultBlockinfoConfig, type DiskInfoRequest, getDiskInfo, type InstanceDiskInfo } from '@spawnkit/blockinfo';
import { build, Domain } from '@spawnkit/guest-config';
import { defaultDesignerConfig, type DesignerConfig, designGuest } from '@spawnkit/guest-designer';
import type { BaseImage } from '@spawnkit/image-backend';
import { join } from 'node:path';
import type { InstanceSources } from './disks.ts';
import type { Host } from '../host.ts';
import type { SpawnerFacts } from '../host-facts.ts';
import { networkFiltersOf } from '../firewall/instance-firewall.ts';
import { instancePathOf, lxcRootOf } from '../instance/instance-path.ts';
import type { SpawnRequest } from '../request/request.ts';
import { version } from '../version.ts';

/**
 * Which disks the guest gets. A plain file has no image service behind it: the format that was found is its metadata.
 */
export function mapInstanceDisks(
  { instance, imageMeta, blockDeviceInfo }: SpawnRequest,
  facts: SpawnerFacts,
  image: Pick<BaseImage, 'format' | 'inspection'> | undefined,
  rescue: Pick<DiskInfoRequest, 'rescue' | 'rescueImageMeta'> = {},
): InstanceDiskInfo {
  const diskFormat = imageMeta.diskFormat ?? image?.inspection?.format;
  return getDiskInfo({
    virtType: facts.virtType,
    instance,
    imageMeta: { properties: imageMeta.properties, ...(diskFormat === undefined ? {} : { diskFormat }) },
    blockDeviceInfo,
    hostArch: facts.arch,
    config: defaultBlockinfoConfig,
    ...rescue,
  });
}

export interface DesignRequest {
  readonly host: Pick<Host, 'settings' | 'paths'>;
  readonly request: SpawnRequest;
  readonly facts: SpawnerFacts;
  readonly disks: InstanceDiskInfo;
  readonly sources: InstanceSources;
  readonly createdAt: Date;
  /** Default: where the settings put it. */
  readonly instancePath?: string | undefined;
  /** The guest boots its `disk.rescue`. */
  readonly rescue?: boolean | undefined;
}

/** The guest, and its XML. Throws {@link DesignerError} and errors of `@spawnkit/guest-config`. */
export function designInstance({ host, request, facts, disks, sources, createdAt, rescue, ...place }: DesignRequest) {
  const { instance, imageMeta, name, networkInfo } = request;
  const { instancePath = instancePathOf(host.paths, instance.uuid) } = place;
  const guest = designGuest({
    instance,
    imageMeta,
    domainName: name,
    diskMapping: disks.mapping,
    blockDeviceInfo: disks.blockDeviceInfo,
    disks: sources.disks,
    networkInfo,
    networkFilters: networkFiltersOf(request),
    host: facts,
    config: designerConfig(host, facts),
    createdAt,
    rescue,
    consoleLogPath: join(instancePath, 'console.log'),
    ...(facts.virtType === 'lxc' && { rootfsPath: lxcRootOf(instancePath) }),
    kernelPath: sources.kernelPath,
    ramdiskPath: sources.ramdiskPath,
  });
  return { guest, xml: build(Domain, guest) };
}

function designerConfig({ settings }: Pick<Host, 'settings'>, { virtType }: SpawnerFacts): DesignerConfig {
  return {
    ...defaultDesignerConfig,
    virtType,
    cpuSharedSet: settings.cpuSharedSet,
    cpuDedicatedSet: settings.cpuDedicatedSet,
    identity: { vendor: 'spawnkit', product: 'OpenStack Nova', version: version() },
    ...(settings.tcgTbCacheMib === undefined ? {} : { tcgTbCacheMiB: settings.tcgTbCacheMib }),
  };
}
