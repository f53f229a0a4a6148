import { defaultBlockinfoConfig, getDiskInfo } from '@spawnkit/blockinfo';
import { noBlockDevices, parseInstance, parseNetworkInfo, type Vif } from '@spawnkit/instance';
import { defaultDesignerConfig, type DesignerConfig, type GuestRequest, type HostFacts } from '../src/index.ts';

/** A PC with QEMU and nothing special. */
export const smallHost: HostFacts = {
  arch: 'x86_64',
  libvirtVersion: 9_000_000,
  hypervisorVersion: 7_002_000,
  guests: [
    {
      arch: 'x86_64',
      machines: [
        { name: 'pc', canonical: 'pc-i440fx-7.2' },
        { name: 'q35', canonical: 'pc-q35-7.2' },
      ],
    },
    { arch: 'aarch64', machines: [{ name: 'virt', canonical: 'virt-7.2' }] },
  ],
  supportsUefi: true,
  supportsSecureBoot: true,
  onlineCpus: [0, 1],
  cpuController: true,
  supportsDirectIo: true,
  kernelRelease: '6.1.0',
};

/** What a small request may differ in. */
export interface SmallOptions {
  readonly config?: Partial<DesignerConfig>;
  readonly host?: Partial<HostFacts>;
  readonly properties?: Readonly<Record<string, string>>;
  readonly extraSpecs?: Readonly<Record<string, string>>;
  readonly vcpus?: number;
  readonly networkInfo?: readonly unknown[];
  readonly request?: Partial<GuestRequest>;
}

/** The request of a guest with one disk in a file. */
export function smallRequest(options: SmallOptions = {}): GuestRequest {
  const { properties = {}, extraSpecs = {}, vcpus = 1 } = options;
  const flavor = { name: 'small', vcpus, memoryMb: 512, extraSpecs };
  const uuid = '0f0e1d2c-3b4a-4958-8776-655443322110';
  const instance = parseInstance({ id: 1, uuid, displayName: 'first', memoryMb: 512, vcpus, flavor });
  const host = { ...smallHost, ...options.host };
  const config = { ...defaultDesignerConfig, virtType: 'qemu' as const, ...options.config };
  const disks = getDiskInfo({
    virtType: config.virtType,
    instance,
    imageMeta: { diskFormat: 'qcow2', properties },
    blockDeviceInfo: noBlockDevices,
    hostArch: host.arch,
    config: defaultBlockinfoConfig,
  });
  return {
    instance,
    imageMeta: { properties },
    domainName: 'first',
    diskMapping: disks.mapping,
    blockDeviceInfo: disks.blockDeviceInfo,
    disks: new Map([['disk', { type: 'file', path: '/instances/first/disk', format: 'qcow2' }]]),
    networkInfo: parseNetworkInfo(options.networkInfo ?? []),
    host,
    config,
    createdAt: new Date('2026-01-02T03:04:05Z'),
    consoleLogPath: '/instances/first/console.log',
    ...options.request,
  };
}

/** A VIF as the network service describes it. */
export function vif(type: string, more: Partial<Record<keyof Vif, unknown>> = {}): unknown {
  return {
    id: 'dc065497-3c8d-4f44-8fb4-e1d33c16a501',
    address: 'fa:16:3e:00:00:01',
    network: { bridge: 'br0' },
    type,
    ...more,
  };
}
