import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EffectsError, type Exec } from '@spawnkit/effects';
import type { Clock } from '@spawnkit/effects';
import { type HostDirectory, hostDirectory } from './host-directory.ts';
import { attribute, scsiKernel } from './scsi-host.ts';

/** A host with open-iscsi and one target, over plain files. */
export interface IscsiHost extends HostDirectory {
  readonly exec: Exec;
  readonly clock: Clock;
  readonly nodesPath: string;
  readonly sysPath: string;
  readonly commands: readonly (readonly string[])[];
  snapshot(): Promise<unknown>;
}

/** The target lets in who has this password, and has these units. */
export async function iscsiHost(target: {
  readonly password: string;
  readonly units: readonly number[];
}): Promise<IscsiHost> {
  const directory = await hostDirectory();
  const sysPath = join(directory.path, 'sys');
  const nodesPath = join(directory.path, 'iscsi/nodes');
  const kernel = scsiKernel(sysPath, target.units);
  const commands: string[][] = [];
  const sessions = iscsiSessions(sysPath, kernel);
  const exec: Exec = async (file, args, options = {}) => {
    options.signal?.throwIfAborted();
    await kernel.settle();
    commands.push([file, ...args]);
    const exitCode = file === 'iscsiadm' ? await iscsiadm(args, { nodesPath, sessions, password: target.password }) : 0;
    if ((options.okExitCodes ?? [0]).includes(exitCode)) return { stdout: '', stderr: '', exitCode };
    throw new EffectsError('EXEC_FAILED', `${file} failed with exit code ${exitCode}`, {
      file,
      args,
      exitCode,
      stderr: '',
    });
  };
  const clock: Clock = {
    now: () => 0,
    monotonicMs: () => 0,
    async sleep(_, { signal } = {}) {
      signal?.throwIfAborted();
      await kernel.settle();
    },
  };
  return {
    ...directory,
    exec,
    clock,
    sysPath,
    nodesPath,
    commands,
    async snapshot() {
      await kernel.settle();
      const tree = await directory.tree('sys', 'iscsi', 'holds');
      // Directories that stay are of no interest.
      return tree.filter((path) => !/^(?:sys\/(?:class|devices)(?:\/\w+)?|iscsi\/nodes)$/.test(path));
    },
  };
}

type Sessions = ReturnType<typeof iscsiSessions>;

function iscsiSessions(sys: string, kernel: ReturnType<typeof scsiKernel>) {
  const open = new Map<string, number>();
  let count = 0;
  return {
    has: (key: string) => open.has(key),
    async open(key: string, iqn: string, portal: string) {
      const id = ++count;
      open.set(key, id);
      const session = join(sys, 'class/iscsi_session', `session${id}`);
      await kernel.addHost(id, `session${id}`);
      await attribute(join(session, 'targetname'), iqn);
      await symlink(join(sys, 'devices', `host${id}`, `session${id}`), join(session, 'device'));
      const [, address = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(portal) ?? [];
      await attribute(join(sys, 'class/iscsi_connection', `connection${id}:0`, 'persistent_address'), address);
      await attribute(join(sys, 'class/iscsi_connection', `connection${id}:0`, 'persistent_port'), port);
    },
    async close(key: string) {
      const id = open.get(key);
      open.delete(key);
      if (id === undefined) return;
      await kernel.removeHost(id);
      await rm(join(sys, 'class/iscsi_session', `session${id}`), { recursive: true, force: true });
      await rm(join(sys, 'class/iscsi_connection', `connection${id}:0`), { recursive: true, force: true });
    },
  };
}

interface Iscsiadm {
  readonly nodesPath: string;
  readonly sessions: Sessions;
  readonly password: string;
}

/** Exit codes as iscsiadm(8) has them. */
async function iscsiadm(args: readonly string[], { nodesPath, sessions, password }: Iscsiadm): Promise<number> {
  const after = (option: string) => args[args.indexOf(option) + 1] ?? '';
  const [iqn, portal] = [after('-T'), after('-p')];
  const key = `${iqn} ${portal}`;
  const record = join(nodesPath, iqn, `${portal.replace(/:(\d+)$/, ',$1')},1`, 'default');
  const isKnown = existsSync(record);
  if (args.includes('new')) {
    await mkdir(join(record, '..'), { recursive: true });
    await writeFile(record, '# BEGIN RECORD 2.1.8\nnode.name = x\nnode.session.auth.authmethod = None\n# END RECORD\n');
    return 0;
  }
  if (!isKnown) return 21;
  if (args.includes('update')) return 0;
  if (args.includes('--login')) {
    if (sessions.has(key)) return 15;
    if (!(await readFile(record, 'utf8')).includes(`node.session.auth.password = ${password}\n`)) return 24;
    await sessions.open(key, iqn, portal);
    return 0;
  }
  if (args.includes('--logout')) {
    if (!sessions.has(key)) return 21;
    await sessions.close(key);
    return 0;
  }
  await rm(join(nodesPath, iqn), { recursive: true, force: true });
  return 0;
}
