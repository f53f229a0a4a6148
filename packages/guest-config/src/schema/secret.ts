import { str, uuid, yesNo } from '../dsl/codec.ts';
import { type Alternatives, el, type El, type Infer, union } from '../dsl/el.ts';
import { attr, kid, leaf, opt } from '../dsl/field.ts';

const usage = union(
  'usage',
  'type',
  {},
  {
    volume: { volume: leaf('volume', str) },
    ceph: { name: leaf('name', str) },
    iscsi: { target: leaf('target', str) },
    tls: { name: leaf('name', str) },
    vtpm: { name: leaf('name', str) },
  },
);
/** What a secret opens; unique on a host. */
export type SecretUsage = Alternatives<Infer<typeof usage>>;
export const SecretUsage: El<SecretUsage> = usage;

const secret = el('secret', {
  /** Kept in memory only. */
  ephemeral: opt(attr('ephemeral', yesNo)),
  /** Never told to a client. */
  private: opt(attr('private', yesNo)),
  uuid: opt(leaf('uuid', uuid)),
  description: opt(leaf('description', str)),
  usage: opt(kid(SecretUsage)),
});
/** A secret as libvirt defines it, without its value: https://libvirt.org/formatsecret.html */
export interface SecretDefinition extends Infer<typeof secret> {}
export const SecretDefinition: El<SecretDefinition> = secret;
