import { DomainRuntimeError } from '../errors.ts';
import type { VirtType } from '../virt-type.ts';

/** `HOST_UNSUITABLE`: libvirt has nothing to run such guests with. */
export function unsuitable(virtType: VirtType | 'lxc', arch: string, cause: unknown): DomainRuntimeError {
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  return new DomainRuntimeError('HOST_UNSUITABLE', `libvirt runs no ${arch} guests of type "${virtType}" here${why}`, {
    cause,
    fix: `Install QEMU for ${arch} (apt-get install qemu-system) and restart libvirtd, or choose another virtType.`,
    context: { virtType, arch },
  });
}
