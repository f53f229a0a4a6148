import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientHost } from './host.ts';

/** Where the certificates of a TLS connection lie. */
export interface TlsFiles {
  /** The authority that vouches for the server. */
  readonly ca: string;
  /** Certificates that the authority has revoked. */
  readonly crl: string | undefined;
  /** Undefined where the client has none; servers refuse that by default. */
  readonly client: { readonly cert: string; readonly key: string } | undefined;
}

/**
 * libvirt's rules: all in the directory of `pkipath=`, and then all are needed; else for users other than root what is in
 * `~/.pki/libvirt`, certificate and key as a pair; else the system's. Follows "TLS transport" of libvirt's remote.html.
 */
export function tlsFiles(pkipath: string | undefined, { userPkiDirectory, systemPkiDirectory }: ClientHost): TlsFiles {
  if (pkipath) return { ...directory(pkipath), crl: existing(join(pkipath, 'cacrl.pem')) };
  const system: TlsFiles = {
    ca: join(systemPkiDirectory, 'CA/cacert.pem'),
    crl: existing(join(systemPkiDirectory, 'CA/cacrl.pem')),
    client: existingPair({
      cert: join(systemPkiDirectory, 'libvirt/clientcert.pem'),
      key: join(systemPkiDirectory, 'libvirt/private/clientkey.pem'),
    }),
  };
  if (userPkiDirectory === undefined) return system;
  const user = directory(userPkiDirectory);
  return {
    ca: existing(user.ca) ?? system.ca,
    crl: existing(user.crl) ?? system.crl,
    client: existingPair(user.client) ?? system.client,
  };
}

function directory(path: string) {
  const client = { cert: join(path, 'clientcert.pem'), key: join(path, 'clientkey.pem') };
  return { ca: join(path, 'cacert.pem'), crl: join(path, 'cacrl.pem'), client };
}

function existing(path: string): string | undefined {
  return existsSync(path) ? path : undefined;
}

function existingPair(pair: { cert: string; key: string }): { cert: string; key: string } | undefined {
  return existsSync(pair.cert) && existsSync(pair.key) ? pair : undefined;
}
