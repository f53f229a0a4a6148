import type { Flavor, ImageProperties } from '@spawnkit/instance';
import { DesignerError } from './errors.ts';
import { agreedBoolean } from './wish.ts';

/**
 * Whether flavor (`hw:locked_memory`) or image forbid to swap the guest's memory out. Follows Nova's
 * `get_locked_memory_constraint`. Throws `LOCKED_MEMORY_FORBIDDEN`, `FLAVOR_IMAGE_CONFLICT`.
 */
export function lockedMemory(policy: { readonly flavor: Flavor; readonly image: ImageProperties }): boolean {
  const { flavor, image } = policy;
  const locked = agreedBoolean(policy, 'hw:locked_memory', image.hwLockedMemory) ?? false;
  if (!locked || flavor.extraSpecs['hw:mem_page_size'] || image.hwMemPageSize) return locked;
  throw new DesignerError('LOCKED_MEMORY_FORBIDDEN', 'Memory can be locked only with a page size, and none is set.', {
    fix: 'Set hw:mem_page_size of the flavor, or remove hw:locked_memory and hw_locked_memory.',
  });
}
