import { oneOf, openOneOf, str, uint } from '../dsl/codec.ts';
import { type Alternatives, el, type El, type Infer, partial, union } from '../dsl/el.ts';
import { attr, flag, foreign, kid, kids, leaf, opt, slot } from '../dsl/field.ts';
import { MetadataCache } from './common.ts';
import { imageFormat, sourceVariants } from './disk-source.ts';
import { Domain } from './domain.ts';

const disk = union(
  'disk',
  'type',
  {
    /** Target device or source of the disk, such as `vda`. */
    name: attr('name', str),
    snapshot: opt(attr('snapshot', oneOf('no', 'internal', 'external', 'manual'))),
    driver: opt(kid(el('driver', { type: opt(attr('type', imageFormat)), metadataCache: opt(kid(MetadataCache)) }))),
    source: slot,
    snapshotDeleteInProgress: flag('snapshotDeleteInProgress'),
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

const disks = el('disks', { disks: kids(SnapshotDisk) });
/** The disks of a snapshot that are not taken as they are. */
export interface SnapshotDisks extends Infer<typeof disks> {}
export const SnapshotDisks: El<SnapshotDisks> = disks;

/** A domain of which not everything may be known: old snapshots have its UUID only. */
export interface SnapshotDomain extends Partial<Domain> {}
export const SnapshotDomain: El<SnapshotDomain> = partial(Domain);

const snapshot = el('domainsnapshot', {
  name: opt(leaf('name', str)),
  description: opt(leaf('description', str)),
  state: opt(leaf('state', openOneOf('running', 'paused', 'shutoff', 'disk-snapshot'))),
  parent: opt(kid(el('parent', { name: leaf('name', str) }))),
  /** Seconds since 1970. */
  creationTime: opt(leaf('creationTime', uint)),
  memory: opt(kid(memory)),
  disks: opt(kid(SnapshotDisks)),
  revertDisks: opt(kid(SnapshotDisks, 'revertDisks')),
  /** The domain as it was when the snapshot was taken; printed, and needed to redefine one. */
  domain: opt(kid(SnapshotDomain)),
  inactiveDomain: opt(kid(SnapshotDomain, 'inactiveDomain')),
  /** 1 for the current snapshot of its domain. */
  active: opt(leaf('active', uint)),
  cookie: opt(kid(el('cookie', { nodes: foreign() }))),
});
/** A snapshot of a domain: https://libvirt.org/formatsnapshot.html */
export interface DomainSnapshot extends Infer<typeof snapshot> {}
export const DomainSnapshot: El<DomainSnapshot> = snapshot;
