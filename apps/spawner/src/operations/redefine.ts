import { defineDomain } from '@spawnkit/domain-runtime';
import { act } from '../spawn/acts.ts';
import type { Operation } from './operations.ts';

/** Defines the domain anew as a part of an operation, which brings back its definition if it fails. */
export async function redefine(
  { conn, rollback, signal }: Operation,
  { uuid, xml }: { readonly uuid: string; readonly xml: string },
) {
  const domain = await conn.domains.byUuid(uuid, { signal });
  const before = await domain.xml({ flags: ['INACTIVE'], signal });
  return act(rollback, 'redefine', { uuid, before }, () => defineDomain(conn, xml, { signal }));
}
