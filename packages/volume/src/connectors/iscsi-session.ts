import type { ConnectorOptions } from '../connect/volume-connector.ts';
import { said } from '../failure.ts';
import type { IscsiContext } from './iscsi.ts';
import type { IscsiPath } from './iscsi-paths.ts';
import { writeAuth } from './iscsi-record.ts';

/** A session that is logged in, as the kernel shows it. */
export interface IscsiSession {
  /** Number of its SCSI host. */
  readonly host: number;
  /** Directories of its targets, in sysfs. */
  readonly targets: readonly string[];
}

/** Exit codes of iscsiadm(8) that are answers. */
const SESSION_EXISTS = 15;
const NO_RECORDS = 21;
const INVALID_VALUE = 7;

/** The session with a target by one portal; undefined when nobody is logged in. */
export async function findSession(
  { sysfs }: IscsiContext,
  { iqn, portal }: IscsiPath,
): Promise<IscsiSession | undefined> {
  for (const name of await sysfs.list('class/iscsi_session')) {
    const session = `class/iscsi_session/${name}`;
    if ((await sysfs.read(`${session}/targetname`)) !== iqn) continue;
    if ((await portalOf(sysfs, name)) !== portal) continue;
    const host = /\/host(\d+)\//.exec(`${(await sysfs.resolve(`${session}/device`)) ?? ''}/`)?.[1];
    if (host === undefined) continue;
    const targets = (await sysfs.list(`${session}/device`)).filter((one) => /^target\d/.test(one));
    return { host: Number(host), targets: targets.map((one) => `${session}/device/${one}`) };
  }
  return undefined;
}

/** Makes a record and logs in; leaves neither when it fails. */
export async function login(context: IscsiContext, path: IscsiPath, { signal }: ConnectorOptions): Promise<void> {
  const { exec, timeoutMs, iface } = context;
  const run = (args: readonly string[], okExitCodes: readonly number[] = [0]) =>
    exec('iscsiadm', [...nodeArgs(path), ...args], { signal, timeoutMs, okExitCodes });
  const byInterface = iface === 'default' ? [] : ['--interface', iface];
  try {
    await run([...byInterface, '--op', 'new']);
    if (path.auth) await writeAuth(context.nodesPath, path, path.auth);
    // Only the unit that is wanted comes to this host. Old releases do not know the option, and scan all.
    await run(['--op', 'update', '-n', 'node.session.scan', '-v', 'manual'], [0, INVALID_VALUE]);
    await run(['--login'], [0, SESSION_EXISTS]);
  } catch (error) {
    await logout(context, path, {}).catch((second: unknown) => {
      context.log.warn('an iSCSI record could not be taken back', { target: path.iqn, error: String(second) });
    });
    throw error;
  }
}

/** Logs out and forgets the record; nothing when there is none. */
export async function logout(
  { exec, timeoutMs }: IscsiContext,
  path: IscsiPath,
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const run = async (args: readonly string[]) => {
    try {
      await exec('iscsiadm', [...nodeArgs(path), ...args], { signal, timeoutMs, okExitCodes: [0, NO_RECORDS] });
    } catch (error) {
      if (!said(error, /No matching sessions found|No records found|does not exist/i)) throw error;
    }
  };
  await run(['--logout']);
  await run(['--op', 'delete']);
}

async function portalOf(sysfs: IscsiContext['sysfs'], session: string): Promise<string> {
  const connection = `class/iscsi_connection/connection${session.replace('session', '')}:0`;
  const address = (await sysfs.read(`${connection}/persistent_address`)) ?? '';
  const port = (await sysfs.read(`${connection}/persistent_port`)) ?? '';
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function nodeArgs({ iqn, portal }: IscsiPath): readonly string[] {
  return ['-m', 'node', '-T', iqn, '-p', portal];
}
