import { readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VolumeError } from '../errors.ts';
import type { IscsiPath } from './iscsi-paths.ts';

/**
 * Writes user and password into open-iscsi's record of a target. iscsiadm takes a password as an argument only, where every
 * user of the host can read it; the record is a file of root's.
 */
export async function writeAuth(
  nodesPath: string,
  { iqn, portal }: IscsiPath,
  { method, username, password }: NonNullable<IscsiPath['auth']>,
): Promise<void> {
  const fields = {
    'node.session.auth.authmethod': method,
    'node.session.auth.username': username,
    'node.session.auth.password': password?.reveal() ?? '',
  };
  const files = await recordFiles(join(nodesPath, iqn), portal);
  if (files.length === 0) throw noRecord(nodesPath, iqn, portal);
  for (const file of files) await replace(nodesPath, file, withFields(await readFile(file, 'utf8'), fields));
}

/** The text of a record with some fields changed. */
export function withFields(record: string, fields: Readonly<Record<string, string>>): string {
  const kept = record.split('\n').filter((line) => !Object.hasOwn(fields, line.split(' = ', 1)[0]?.trim() ?? ''));
  const end = kept.findIndex((line) => line.startsWith('# END RECORD'));
  const lines = Object.entries(fields).map(([name, value]) => `${name} = ${value}`);
  return kept.toSpliced(end < 0 ? kept.length : end, 0, ...lines).join('\n');
}

/** `HOST,PORT`, `HOST,PORT,GROUP/default`, `HOST,PORT,GROUP/INTERFACE`: it depends on the release. */
async function recordFiles(targetPath: string, portal: string): Promise<readonly string[]> {
  const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(portal) ?? [];
  const names = (await readdir(targetPath).catch(() => [])).filter((name) => {
    return name === `${host},${port}` || name.startsWith(`${host},${port},`);
  });
  const files: string[] = [];
  for (const name of names) {
    const path = join(targetPath, name);
    if (!(await stat(path)).isDirectory()) files.push(path);
    else files.push(...(await readdir(path)).map((one) => join(path, one)));
  }
  return files;
}

async function replace(nodesPath: string, path: string, text: string): Promise<void> {
  // Beside the directory of the records, which open-iscsi reads whole.
  const draft = join(nodesPath, '..', `.spawnkit-${process.pid}.draft`);
  await writeFile(draft, text, { mode: 0o600, flush: true });
  await rename(draft, path);
}

function noRecord(nodesPath: string, iqn: string, portal: string): VolumeError {
  return new VolumeError('CONNECT_FAILED', `open-iscsi has no record of "${iqn}" at ${portal} below "${nodesPath}"`, {
    context: { target: iqn, portal, nodesPath },
    fix: 'Set nodesPath to where iscsiadm keeps its records: /etc/iscsi/nodes or /var/lib/iscsi/nodes.',
  });
}
