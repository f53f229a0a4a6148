import { join } from 'node:path';
import type { ClientHost } from '../src/uri/host.ts';

/** A host whose files all lie in one directory; root's, unless told otherwise. */
export function hostIn(directory: string, given: Partial<ClientHost> = {}): ClientHost {
  return {
    env: {},
    euid: 0,
    sessionDirectory: directory,
    systemDirectory: directory,
    configFile: join(directory, 'libvirt.conf'),
    authFiles: [join(directory, 'auth.conf')],
    userPkiDirectory: undefined,
    systemPkiDirectory: join(directory, 'pki'),
    ...given,
  };
}
