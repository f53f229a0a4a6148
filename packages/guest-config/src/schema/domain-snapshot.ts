import { oneOf, openOneOf, str, uint } from '../dsl/codec.ts';
import { type Alternatives, el, type El, type Infer, union } from '../dsl/el.ts';
import { attr, kid, kids, leaf, opt, slot } from '../dsl/field.ts';
import { imageFormat, sourceVariants } from './disk-source.ts';

const disk = union(
  'disk',
  'type',
  {
    /** Target device or source of the disk, such as `vda`. */
    name: attr('name', str),
    snapshot: opt(attr('snapshot', oneOf('no', 'internal', 'external', 'manual'))),
    driver: opt(kid(el('driver', { type: opt(attr('type', imageFormat)) }))),
    source: slot,
  },
  sourceVariants,
  'file',
);
/** What happens to one disk; its source is the new overlay. */
export type SnapshotDisk = Alternatives<Infer<typeof disk>>;
export const SnapshotDisk: El<SnapshotDisk> = disk;

const memory = el('memory', {
  snapshot: opt(attr('snapshot', oneOf('no', 'internal', 'external'))),
  file: opt(attr('file', str)),
});

const snapshot = el('domainsnapshot', {
  name: opt(leaf('name', str)),
  description: opt(leaf('description', str)),
  state: opt(leaf('state', openOneOf('running', 'paused', 'shutoff', 'disk-snapshot'))),
  parent: opt(kid(el('parent', { name: leaf('name', str) }))),
  /** Seconds since 1970. */
  creationTime: opt(leaf('creationTime', uint)),
  memory: opt(kid(memory)),
  disks: opt(kid(el('disks', { disks: kids(SnapshotDisk) }))),
});
/**
 * A snapshot of a domain; the domain inside a printed one stays in `$extra`: https://libvirt.org/formatsnapshot.html
 */
export interface DomainSnapshot extends Infer<typeof snapshot> {}
export const DomainSnapshot: El<DomainSnapshot> = snapshot;
