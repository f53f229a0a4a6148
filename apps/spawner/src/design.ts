import { defaultBlockinfoConfig, getDiskInfo, type InstanceDiskInfo } from '@spawnkit/blockinfo';
import { build, Domain } from '@spawnkit/guest-config';
import { defaultDesignerConfig, type DesignerConfig, designGuest } from '@spawnkit/guest-designer';
import type { BaseImage } from '@spawnkit/image-backend';
import { join } from 'node:path';
import type { InstanceSources } from './disks.ts';
import type { Host } from './host.ts';
import type { SpawnerFacts } from './host-facts.ts';
import { instancePathOf } from './instance-path.ts';
import type { SpawnRequest } from './request.ts';
import { version } from './version.ts';

/** Which disks the guest gets. A plain file has no image service behind it: the format that was found is its metadata. */
export function mapInstanceDisks(
  { instance, imageMeta, blockDeviceInfo }: SpawnRequest,
  facts: SpawnerFacts,
  image: Pick<BaseImage, 'format' | 'inspection'> | undefined,
): InstanceDiskInfo {
  const diskFormat = imageMeta.diskFormat ?? image?.inspection?.format;
  return getDiskInfo({
    virtType: facts.virtType,
    instance,
    imageMeta: { properties: imageMeta.properties, ...(diskFormat === undefined ? {} : { diskFormat }) },
    blockDeviceInfo,
    hostArch: facts.arch,
    config: defaultBlockinfoConfig,
  });
}

export interface DesignRequest {
  readonly host: Pick<Host, 'settings' | 'paths'>;
  readonly request: SpawnRequest;
  readonly facts: SpawnerFacts;
  readonly disks: InstanceDiskInfo;
  readonly sources: InstanceSources;
  readonly createdAt: Date;
}

/** The guest, and its XML. Throws {@link DesignerError} and errors of `@spawnkit/guest-config`. */
export function designInstance({ host, request, facts, disks, sources, createdAt }: DesignRequest) {
  const { instance, imageMeta, name, networkInfo } = request;
  const guest = designGuest({
    instance,
    imageMeta,
    domainName: name,
    diskMapping: disks.mapping,
    blockDeviceInfo: disks.blockDeviceInfo,
    disks: sources.disks,
    networkInfo,
    host: facts,
    config: designerConfig(host, facts),
    createdAt,
    consoleLogPath: join(instancePathOf(host.paths, instance.uuid), 'console.log'),
    kernelPath: sources.kernelPath,
    ramdiskPath: sources.ramdiskPath,
  });
  return { guest, xml: build(Domain, guest) };
}

function designerConfig({ settings }: Pick<Host, 'settings'>, { virtType }: SpawnerFacts): DesignerConfig {
  return {
    ...defaultDesignerConfig,
    virtType,
    identity: { vendor: 'spawnkit', product: 'OpenStack Nova', version: version() },
    ...(settings.tcgTbCacheMib === undefined ? {} : { tcgTbCacheMiB: settings.tcgTbCacheMib }),
  };
}
