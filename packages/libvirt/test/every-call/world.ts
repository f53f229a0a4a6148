import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Connection, Domain } from '../../src/index.ts';
import type { DomainHandle } from '../../src/objects/domain-ref.ts';
import { domainXml, type Machine } from './domain-xml.ts';
import type { Walk } from './walk.ts';

const run = promisify(execFile);

/** What the scenarios of a walk work with: one driver, and objects that are all their own. */
export interface World extends AsyncDisposable {
  readonly driver: 'test' | 'qemu';
  readonly walk: Walk;
  /** For what the walk needs, but does not walk. */
  readonly conn: Connection;
  /** Part of the name of everything that is made. */
  readonly id: string;
  /** QEMU's user may look into it. */
  readonly directory: string;
  readonly machine: Machine;
  /** A name that nothing else has. */
  name(): string;
  /** A description of a domain whose disk is there. */
  domainXml(): Promise<string>;
  /** A domain that is defined, and undefined when the walk is over. */
  defined(): Promise<Domain>;
  /** One that runs; of QEMU, its guest is paused before its first instruction. */
  running(): Promise<Domain>;
  /** What is undone when the walk is over, last things first. Failures are no matter: most is gone by then. */
  later(undo: () => Promise<unknown>): void;
}

export async function world(conn: Connection, walk: Walk, machine: Omit<Machine, 'directory'>): Promise<World> {
  const id = randomUUID().slice(0, 8);
  const directory = await mkdtemp(join(tmpdir(), 'spawnkit-walk-'));
  await chmod(directory, 0o777);
  const undo: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true })];
  let count = 0;
  const name = () => `spawnkit-walk-${id}-${++count}`;
  const describe = async () => {
    const own = name();
    if (machine.driver === 'qemu') await emptyDisk(`${directory}/${own}.qcow2`);
    return domainXml(own, { ...machine, directory });
  };
  const define = async () => {
    const domain = await conn.domains.define(await describe());
    undo.push(
      () => domain.undefine({ flags: ['MANAGED_SAVE', 'SNAPSHOTS_METADATA', 'CHECKPOINTS_METADATA', 'NVRAM'] }),
      () => domain.destroy(),
    );
    return domain;
  };
  return {
    driver: machine.driver,
    walk,
    conn,
    id,
    directory,
    machine: { ...machine, directory },
    name,
    domainXml: describe,
    defined: define,
    async running() {
      const domain = await define();
      await domain.start({ paused: machine.driver === 'qemu' });
      return domain;
    },
    later: (act) => void undo.push(act),
    async [Symbol.asyncDispose]() {
      for (const act of undo.toReversed()) await act().catch(() => {});
    },
  };
}

/** An image that QEMU's user may write. */
export async function emptyDisk(path: string): Promise<void> {
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', path, '8M']);
  await chmod(path, 0o666);
}

/** A domain as an argument. */
export function dom(domain: Domain): { readonly dom: DomainHandle } {
  return { dom: domain.ref };
}
