import type { DiskPolicy } from './config.ts';

const defaultMachineTypes: Readonly<Record<string, string>> = {
  armv7l: 'virt',
  aarch64: 'virt',
  ppc64le: 'pseries',
  s390: 's390-ccw-virtio',
  s390x: 's390-ccw-virtio',
  i686: 'pc',
  x86_64: 'pc',
};

/** The architecture of the guest: what the image says, else the host's. */
export function getArch({ image, hostArch }: Pick<DiskPolicy, 'image' | 'hostArch'>): string {
  return image.hwArchitecture ?? hostArch;
}

/**
 * The machine type of the guest: what the image says, else what the configuration says for the architecture, else Nova's
 * default for it. Undefined leaves the choice to QEMU.
 */
export function getMachineType(policy: Omit<DiskPolicy, 'virtType'>): string | undefined {
  const arch = getArch(policy);
  return policy.image.hwMachineType ?? entry(policy.config.hwMachineType, arch) ?? entry(defaultMachineTypes, arch);
}

function entry(record: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
