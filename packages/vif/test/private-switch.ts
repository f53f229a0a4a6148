import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Exec } from '@spawnkit/effects';
import type { NetworkNamespace } from './network-namespace.ts';

/** Open vSwitch with its own datapath, alone in a network namespace; ended by `await using`. */
export interface PrivateSwitch extends AsyncDisposable {
  /** Runs commands in the namespace; `ovs-vsctl` talks to this switch. */
  readonly exec: Exec;
  vsctl(...args: readonly string[]): Promise<string>;
}

export async function openSwitch({ exec, name }: NetworkNamespace): Promise<PrivateSwitch> {
  const directory = await mkdtemp(join(tmpdir(), 'spawnkit-ovs-'));
  const at = (file: string) => join(directory, file);
  const children: ChildProcess[] = [];
  const start = (file: string, ...args: readonly string[]) => {
    const log = [`--log-file=${at(`${file}.log`)}`, `--unixctl=${at(`${file}.ctl`)}`, '-vconsole:off'];
    children.push(spawn('ip', ['netns', 'exec', name, file, ...args, ...log], { stdio: 'ignore' }));
  };
  await exec('ovsdb-tool', ['create', at('conf.db'), '/usr/share/openvswitch/vswitch.ovsschema']);
  const db = `unix:${at('db.sock')}`;
  start('ovsdb-server', at('conf.db'), `--remote=p${db}`);
  await until(() => existsSync(at('db.sock')));
  const here: Exec = (file, args, options) =>
    exec(file, file === 'ovs-vsctl' ? [`--db=${db}`, ...args] : args, options);
  await here('ovs-vsctl', ['--no-wait', 'init']);
  start('ovs-vswitchd', db);
  return {
    exec: here,
    vsctl: async (...args) => (await here('ovs-vsctl', ['--timeout=20', ...args])).stdout,
    async [Symbol.asyncDispose]() {
      for (const child of children.toReversed()) {
        child.kill();
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      }
      await rm(directory, { recursive: true });
    },
  };
}

async function until(isThere: () => boolean): Promise<void> {
  for (let attempt = 0; !isThere(); attempt++) {
    if (attempt === 400) throw new Error('ovsdb-server made no socket within 20 s');
    await delay(50);
  }
}
