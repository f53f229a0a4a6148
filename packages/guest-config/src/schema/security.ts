import { base16, base16u64, oneOf, onOff, str, uint, yesNo } from '../dsl/codec.ts';
import { type Alternatives, el, type El, type Infer, union } from '../dsl/el.ts';
import { attr, kids, leaf, opt } from '../dsl/field.ts';

const labels = {
  label: opt(leaf('label', str)),
  imagelabel: opt(leaf('imagelabel', str)),
  baselabel: opt(leaf('baselabel', str)),
} as const;

const seclabel = union(
  'seclabel',
  'type',
  { model: opt(attr('model', str)), relabel: opt(attr('relabel', yesNo)) },
  { dynamic: labels, static: labels, none: {} },
  'dynamic',
);
/** How a security driver confines the guest: https://libvirt.org/formatdomain.html#security-label */
export type Seclabel = Alternatives<Infer<typeof seclabel>>;
export const Seclabel: El<Seclabel> = seclabel;

const encryptedMemory = {
  kernelHashes: opt(attr('kernelHashes', yesNo)),
  cbitpos: opt(leaf('cbitpos', uint)),
  reducedPhysBits: opt(leaf('reducedPhysBits', uint)),
} as const;

const launchSecurity = union(
  'launchSecurity',
  'type',
  {},
  {
    sev: {
      ...encryptedMemory,
      policy: leaf('policy', base16(4)),
      handle: opt(leaf('handle', uint)),
      dhCert: opt(leaf('dhCert', str)),
      session: opt(leaf('session', str)),
    },
    'sev-snp': {
      authorKey: opt(attr('authorKey', yesNo)),
      vcek: opt(attr('vcek', yesNo)),
      ...encryptedMemory,
      policy: leaf('policy', base16u64(8)),
      guestVisibleWorkarounds: opt(leaf('guestVisibleWorkarounds', str)),
      idBlock: opt(leaf('idBlock', str)),
      idAuth: opt(leaf('idAuth', str)),
      hostData: opt(leaf('hostData', str)),
    },
    's390-pv': {},
  },
);
/** How the guest's memory is hidden from its host: https://libvirt.org/formatdomain.html#launch-security */
export type LaunchSecurity = Alternatives<Infer<typeof launchSecurity>>;
export const LaunchSecurity: El<LaunchSecurity> = launchSecurity;

const keywrap = el('keywrap', {
  ciphers: kids(el('cipher', { name: attr('name', oneOf('aes', 'dea')), state: attr('state', onOff) })),
});
/** Key wrapping of s390x guests: https://libvirt.org/formatdomain.html#key-wrap */
export interface Keywrap extends Infer<typeof keywrap> {}
export const Keywrap: El<Keywrap> = keywrap;
