import { oneOf, openOneOf, str, uint, uuid, yesNo } from '../dsl/codec.ts';
import { type Alternatives, el, type El, type Infer, union } from '../dsl/el.ts';
import { attr, flag, kid, opt, slot } from '../dsl/field.ts';
import { Address } from './address.ts';
import { AcpiIndex, Alias } from './common.ts';

const backend = union(
  'backend',
  'type',
  { encryption: slot, activePcrBanks: slot, profile: slot, device: slot, source: slot },
  {
    passthrough: { device: opt(kid(el('device', { path: opt(attr('path', str)) }))) },
    emulator: {
      version: opt(attr('version', oneOf('1.2', '2.0'))),
      persistentState: opt(attr('persistent_state', yesNo)),
      debug: opt(attr('debug', uint)),
      /** The libvirt secret that holds the passphrase of the state. */
      encryption: opt(kid(el('encryption', { secret: attr('secret', uuid) }))),
      activePcrBanks: opt(
        kid(
          el('active_pcr_banks', {
            sha1: flag('sha1'),
            sha256: flag('sha256'),
            sha384: flag('sha384'),
            sha512: flag('sha512'),
          }),
        ),
      ),
      source: opt(kid(el('source', { type: opt(attr('type', oneOf('file', 'dir'))), path: opt(attr('path', str)) }))),
      profile: opt(
        kid(
          el('profile', {
            source: opt(attr('source', str)),
            name: opt(attr('name', str)),
            removeDisabled: opt(attr('removeDisabled', oneOf('check', 'fips-host'))),
          }),
        ),
      ),
    },
    external: {
      source: opt(
        kid(
          el('source', {
            type: opt(attr('type', oneOf('unix'))),
            path: opt(attr('path', str)),
            mode: opt(attr('mode', oneOf('connect'))),
          }),
        ),
      ),
    },
  },
);
/** What a TPM device is made of. */
export type TpmBackend = Alternatives<Infer<typeof backend>>;
export const TpmBackend: El<TpmBackend> = backend;

const tpm = el('tpm', {
  model: opt(attr('model', openOneOf('tpm-tis', 'tpm-crb', 'tpm-spapr', 'spapr-tpm-proxy'))),
  backend: kid(TpmBackend),
  acpi: opt(kid(AcpiIndex)),
  alias: opt(kid(Alias)),
  address: opt(kid(Address)),
});
/** A trusted platform module: https://libvirt.org/formatdomain.html#tpm-device */
export interface Tpm extends Infer<typeof tpm> {}
export const Tpm: El<Tpm> = tpm;
