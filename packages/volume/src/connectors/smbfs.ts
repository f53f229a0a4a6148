import { Secret } from '@spawnkit/effects';
import { type ConnectionData, secretOf } from '../connection-data.ts';
import type { VolumeConnector } from '../connect/volume-connector.ts';
import { checkMountWords } from '../mount/mount-words.ts';
import { shareConnector } from '../mount/share-connector.ts';
import type { Command, ShareOptions } from '../mount/share-kind.ts';

export interface SmbfsOptions extends ShareOptions {
  /** `libvirt.smbfs_mount_options`, after those of the connection info. */
  readonly smbfsMountOptions?: string | undefined;
}

/** Volumes that are files on an SMB share. The password reaches mount.cifs(8) on its stdin. */
export function createSmbfsConnector(options: SmbfsOptions): VolumeConnector {
  return shareConnector(
    {
      what: 'SMB share',
      type: 'smbfs',
      mount: (data, exported, mountPoint) => mountCommand(data, exported, mountPoint, options),
      found: (path) => ({ device_path: path }),
    },
    options,
  );
}

function mountCommand(data: ConnectionData, exported: string, mountPoint: string, local: SmbfsOptions): Command {
  const { words, password } = withoutPassword(userWords(data, local.smbfsMountOptions ?? ''));
  const args = ['-t', 'cifs', ...words, exported, mountPoint];
  if (password === undefined) return { file: 'mount', args };
  return { file: 'mount', args, options: { input: new Secret(password), env: { PASSWD_FD: '0' } } };
}

/** Nova's reading: without a user it is `guest`, and the domain in front of one is left out. */
function userWords(data: ConnectionData, local: string): readonly string[] {
  const given = `${secretOf(data, 'options')?.reveal() ?? ''} ${local}`.trim().replace(/^,+|,+$/g, '');
  const user = /(user(?:name)?)=(?:[^ ,]+\\)?([^ ,]+)/g;
  const options = new RegExp(user).test(given) ? given.replace(user, '$1=$2') : `${given} -o username=guest`;
  return checkMountWords('options', options);
}

function withoutPassword(words: readonly string[]): { readonly words: readonly string[]; readonly password?: string } {
  let password: string | undefined;
  const kept = words.map((word) => {
    const options = word.split(',').filter((option) => {
      const value = /^(?:password|pass)=(.*)$/.exec(option)?.[1];
      password ??= value;
      return value === undefined;
    });
    return options.join(',');
  });
  const pairs = kept.filter((word, index) => word !== '' && !(word === '-o' && kept[index + 1] === ''));
  return password === undefined ? { words: pairs } : { words: pairs, password };
}
