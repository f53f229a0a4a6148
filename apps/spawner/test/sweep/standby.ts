import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { CliResult, Workspace } from '../integration/workspace.ts';

/** What happens at a record of the journal. */
export type Moment =
  /** Killed before it is written, when half of it is, or when it is and nothing has followed it. */
  | 'before'
  | 'torn'
  | 'after'
  /** Ctrl-C once it is written. */
  | 'interrupted'
  /** It cannot be written: the disk is full. */
  | 'refused'
  /** It tells of a command, which is killed. */
  | 'command killed';

export interface Point {
  /** A record's name, see record-names.mjs. */
  readonly at: string;
  readonly moment: Moment;
}

/** The built command line, started before it is needed. */
export interface Standby extends AsyncDisposable {
  /** Runs a command; something happens to it at a point. */
  run(args: readonly string[], point?: Point): Promise<CliResult>;
  /** Runs a command, which must succeed; answers the names of the records that it wrote. */
  records(args: readonly string[]): Promise<readonly string[]>;
}

/** Keeps one command line ready for a workspace. */
export function openStandby({ directory, settings }: Pick<Workspace, 'directory' | 'settings'>): Standby {
  const place = ['--state-dir', settings.statePath, '--config', join(directory, 'spawner.yaml')];
  let next = start();
  const send = async (args: readonly string[], more: object): Promise<CliResult> => {
    const process = next;
    next = start();
    const line = JSON.stringify({ args: [...place, ...args], ...more });
    (process.stdio[3] as Writable).end(line);
    return ended(process);
  };
  return {
    run: (args, point) => send(args, { ...point }),
    async records(args) {
      const records = join(directory, 'records');
      const { code, stderr } = await send(args, { records });
      if (code !== 0) throw new Error(`spawner ${args.join(' ')} failed: ${stderr}`);
      const names = (await readFile(records, 'utf8')).trim().split('\n');
      await rm(records);
      return names;
    },
    async [Symbol.asyncDispose]() {
      (next.stdio[3] as Writable).end();
      await once(next, 'close');
    },
  };
}

function start(): ChildProcess {
  const args = ['--import', join(import.meta.dirname, 'standby.mjs'), join(import.meta.dirname, '../../dist/cli.js')];
  return spawn(process.execPath, args, {
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
}

async function ended(child: ChildProcess): Promise<CliResult> {
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error('The command line was started without pipes');
  const [out, error, [code, signal]] = await Promise.all([text(stdout), text(stderr), once(child, 'close')]);
  return { code, signal, stdout: out, stderr: error };
}
