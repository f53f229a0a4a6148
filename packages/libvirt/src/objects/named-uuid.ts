import { createHash } from 'node:crypto';

/**
 * A UUID that is always the same for a name, so that an object which is made again is known by it; lower case, with dashes.
 * Of version 8 (RFC 9562, "of the maker's own making"), from the name's SHA-256.
 */
export function namedUuid(name: string): string {
  const digits = createHash('sha256').update(name).digest('hex');
  return digits.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-8$3-8$4-$5');
}
