import { expect, test } from 'vitest';
import { namedUuid } from './named-uuid.ts';

test('namedUuid answers the same UUID of version 8 for the same name, and another for another', () => {
  expect(namedUuid('spawnkit network filter nova-base')).toBe(namedUuid('spawnkit network filter nova-base'));
  expect(namedUuid('a')).not.toBe(namedUuid('b'));
  expect(namedUuid('a')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('namedUuid stays what it was: objects of libvirt are known by it', () => {
  // The first digits of the SHA-256 of "a", but for version and variant.
  expect(namedUuid('a')).toBe('ca978112-ca1b-8dca-8ac2-31b39a23dc4d');
});
