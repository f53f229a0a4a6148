import { readFile } from 'node:fs/promises';
import { AuthError, clientReport } from '../errors.ts';
import { ErrorNumber } from '../generated/enums.gen.ts';

/** What an auth.conf says for one host. */
export interface StoredCredentials {
  readonly authname?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/**
 * The credentials of `[auth-libvirt-HOST]`, else `[auth-libvirt-default]`, in the first file that is there; empty when none
 * has any. Follows libvirt's auth.html. Throws `AuthError` for a file that refers to what is not in it.
 */
export async function storedCredentials(files: readonly string[], host: string): Promise<StoredCredentials> {
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text !== undefined) return lookUp(readGroups(text), host, file);
  }
  return {};
}

type Groups = ReadonlyMap<string, ReadonlyMap<string, string>>;

function lookUp(groups: Groups, host: string, file: string): StoredCredentials {
  const name = [`auth-libvirt-${host}`, 'auth-libvirt-default'].find((one) => groups.has(one));
  if (name === undefined) return {};
  const credentials = groups.get(name)?.get('credentials');
  if (credentials === undefined) throw malformed(file, `[${name}] has no line credentials=NAME`);
  const found = groups.get(`credentials-${credentials}`);
  if (!found) throw malformed(file, `[${name}] refers to [credentials-${credentials}], which is not there`);
  return { authname: found.get('authname'), username: found.get('username'), password: found.get('password') };
}

function readGroups(text: string): Groups {
  const groups = new Map<string, Map<string, string>>();
  let group: Map<string, string> | undefined;
  for (const line of text.split('\n')) {
    const name = /^\s*\[([^\]]+)\]/.exec(line)?.[1];
    const [, key, value] = /^\s*([^#=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined) groups.set(name, (group = groups.get(name) ?? new Map()));
    else if (key !== undefined && value !== undefined) group?.set(key, value);
  }
  return groups;
}

function malformed(file: string, what: string): AuthError {
  const message = `"${file}" cannot be used: ${what}`;
  return new AuthError(message, clientReport(ErrorNumber.CONF_SYNTAX, message));
}
