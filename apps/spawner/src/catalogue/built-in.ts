import type { CatalogueImage } from './catalogue.ts';

const sums = (url: string, algorithm: 'sha256' | 'sha512') => ({ url, algorithm, format: 'sums' as const });

const debianArchitectures = { x86_64: 'amd64', aarch64: 'arm64' };

/**
 * Cloud images of distributions, at the addresses their projects publish them. `{arch}` is the distribution's own name
 * of the host's architecture.
 */
export const builtInImages: Readonly<Record<string, CatalogueImage>> = {
  'debian/12': debian('12', 'bookworm'),
  'debian/13': debian('13', 'trixie'),
  'ubuntu/22.04': ubuntu('22.04', 'jammy'),
  'ubuntu/24.04': ubuntu('24.04', 'noble'),
  'fedora/43': {
    url: 'https://download.fedoraproject.org/pub/fedora/linux/releases/43/Cloud/{arch}/images/Fedora-Cloud-Base-Generic-43-1.6.{arch}.qcow2',
    checksum: {
      url: 'https://download.fedoraproject.org/pub/fedora/linux/releases/43/Cloud/{arch}/images/Fedora-Cloud-43-1.6-{arch}-CHECKSUM',
      algorithm: 'sha256',
      format: 'bsd',
    },
    format: 'qcow2',
    user: 'fedora',
    properties: { os_distro: 'fedora', os_type: 'linux' },
  },
  'alma/9': alma('9'),
  'alma/10': alma('10'),
  'alpine/3.22': {
    url: 'https://dl-cdn.alpinelinux.org/alpine/v3.22/releases/cloud/generic_alpine-3.22.4-{arch}-bios-cloudinit-r0.qcow2',
    checksum: {
      url: 'https://dl-cdn.alpinelinux.org/alpine/v3.22/releases/cloud/generic_alpine-3.22.4-{arch}-bios-cloudinit-r0.qcow2.sha512',
      algorithm: 'sha512',
      format: 'bare',
    },
    architectures: { x86_64: 'x86_64' },
    format: 'qcow2',
    user: 'alpine',
    properties: { os_distro: 'alpine', os_type: 'linux' },
  },
};

function debian(version: string, codename: string): CatalogueImage {
  const directory = `https://cloud.debian.org/images/cloud/${codename}/latest`;
  return {
    url: `${directory}/debian-${version}-generic-{arch}.qcow2`,
    checksum: sums(`${directory}/SHA512SUMS`, 'sha512'),
    architectures: debianArchitectures,
    format: 'qcow2',
    user: 'debian',
    properties: { os_distro: 'debian', os_type: 'linux' },
  };
}

function ubuntu(version: string, codename: string): CatalogueImage {
  const directory = `https://cloud-images.ubuntu.com/releases/${codename}/release`;
  return {
    url: `${directory}/ubuntu-${version}-server-cloudimg-{arch}.img`,
    checksum: sums(`${directory}/SHA256SUMS`, 'sha256'),
    architectures: debianArchitectures,
    format: 'qcow2',
    user: 'ubuntu',
    properties: { os_distro: 'ubuntu', os_type: 'linux' },
  };
}

function alma(version: string): CatalogueImage {
  const directory = `https://repo.almalinux.org/almalinux/${version}/cloud/{arch}/images`;
  return {
    url: `${directory}/AlmaLinux-${version}-GenericCloud-latest.{arch}.qcow2`,
    checksum: sums(`${directory}/CHECKSUM`, 'sha256'),
    format: 'qcow2',
    user: 'almalinux',
    properties: { os_distro: 'almalinux', os_type: 'linux' },
  };
}
