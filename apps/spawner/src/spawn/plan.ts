import type { DiskInfo, InstanceDiskInfo } from '@spawnkit/blockinfo';
import { eventsToExpect } from '@spawnkit/domain-runtime';
import type { BaseImage } from '@spawnkit/image-backend';
import { planPlug } from '@spawnkit/vif';
import { type InstanceFirewall, withFirewall } from '../firewall/instance-firewall.ts';
import { foreseenVolumes, shownVolume } from '../volumes/foreseen-volumes.ts';
import { withNeededImage } from '../volumes/wanted-volumes.ts';
import { planResources } from '../claims/claim-resources.ts';
import { designInstance, mapInstanceDisks } from './design.ts';
import { sourcesOf } from './disks.ts';
import type { Host } from '../host.ts';
import type { SpawnerFacts } from '../host-facts.ts';
import { peekImage, shownSource } from './images.ts';
import { instancePathOf } from '../instance/instance-path.ts';
import { withNamedImage } from '../request/named-image.ts';
import { preflight } from './preflight.ts';
import type { RequestSource } from '../request/request-source.ts';
import type { SpawnRequest } from '../request/request.ts';
import { formatSize } from '../spec/units.ts';
import { openStorage } from './storage.ts';

/** What a spawn of a request would do. */
export interface SpawnPlan {
  readonly name: string;
  readonly virtType: SpawnerFacts['virtType'];
  readonly virtTypeReason: string;
  /** In their order, one sentence each. */
  readonly steps: readonly string[];
  /** Of the domain; ids that are chosen at random differ from those of a later launch. */
  readonly xml: string;
}

/**
 * Decides everything that a spawn would decide, and looks at everything it would look at, but writes nothing. An image
 * that would have to be fetched from the network is taken to be what the specification says it is, or qcow2. Throws
 * what {@link spawn} throws before it acts.
 */
export async function plan(
  host: Host,
  wanted: SpawnRequest,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<SpawnPlan> {
  const named = await withNamedImage(host, wanted, { offline: true, signal });
  const { conn, facts } = await preflight(host, named, { remember: false, signal });
  const claimed = await planResources(host, withFirewall(named, host.settings), { conn, facts, signal });
  const request = withNeededImage(claimed);
  const storage = await openStorage(host, host.exec, { signal });
  const image = request.image && (await peekImage(storage, request.image, request.imageMeta.diskFormat, signal));
  const disks = mapInstanceDisks(request, facts, image);
  const volumes = foreseenVolumes(host, request, disks, facts.virtType);
  const sources = sourcesOf(storage, request, disks, volumes);
  const { xml } = designInstance({ host, request, facts, disks, sources, createdAt: new Date(host.clock.now()) });
  const events = eventsToExpect(request.networkInfo, { ...host.settings, virtType: facts.virtType });
  const { kernel, name } = request;
  const steps = [
    ...(request.image ? [fetchStep('image', request.image, image)] : []),
    ...(kernel
      ? [fetchStep('kernel', kernel.kernel), ...(kernel.ramdisk ? [fetchStep('ramdisk', kernel.ramdisk)] : [])]
      : []),
    `create the directory ${instancePathOf(host.paths, request.instance.uuid)}`,
    ...[...disks.mapping]
      .filter(([key]) => key !== 'root' && key !== 'disk.config')
      .map(([key, info]) => (volumes.has(key) ? volumeStep(key, info, disks) : diskStep(key, info, request, image))),
    ...request.networkInfo.flatMap((vif) => planPlug(vif)),
    ...(request.firewall ? [firewallStep(request.firewall)] : []),
    `define the domain "${name}"`,
    ...(disks.mapping.has('disk.config') ? [`build the config drive, ${place(disks.mapping.get('disk.config'))}`] : []),
    ...(events.length > 0
      ? [
          `launch it paused and wait up to ${host.settings.vifPluggingTimeoutS} s for ${events.map((event) => `${event.name} of port ${event.tag}`).join(', ')}, then resume it`,
        ]
      : ['launch it']),
    'wait until it runs',
  ];
  return { name, virtType: facts.virtType, virtTypeReason: facts.virtTypeReason, steps, xml };
}

function fetchStep(what: string, source: RequestSource, known?: Partial<BaseImage>): string {
  if (known?.fromCache) return `use the ${what} ${shownSource(source)} from the cache`;
  const facts = known?.virtualSize === undefined ? '' : ` (${known.format}, ${formatSize(known.virtualSize)})`;
  return `bring the ${what} ${shownSource(source)}${facts} into the cache unless it is there`;
}

function diskStep(
  name: string,
  info: DiskInfo,
  { rootDiskBytes }: SpawnRequest,
  image: Partial<BaseImage> | undefined,
): string {
  const bytes = name === 'disk' ? (rootDiskBytes ?? image?.virtualSize) : undefined;
  return `create ${name}${bytes === undefined ? '' : ` of ${formatSize(bytes)}`}, ${place(info)}`;
}

function volumeStep(name: string, info: DiskInfo, { blockDeviceInfo }: InstanceDiskInfo): string {
  const volume = blockDeviceInfo.blockDeviceMapping.find(({ mountDevice }) => mountDevice === name);
  return `connect the ${shownVolume(volume?.connectionInfo)}, ${place(info)}`;
}

function firewallStep({ driver, request: { networkInfo, rules } }: InstanceFirewall): string {
  const cards = networkInfo.map(({ address }) => address).join(', ');
  const allowed = driver === 'iptables' ? `, and let in what its security groups allow (rules: ${rules.length})` : '';
  return `filter the traffic of ${cards} against spoofing${allowed}`;
}

function place(info: DiskInfo | undefined): string {
  return info ? `${info.type} ${info.dev ?? ''} on ${info.bus}` : '';
}
