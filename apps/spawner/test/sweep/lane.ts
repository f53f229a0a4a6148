import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import { collect, destroy, listInstances, type Settings } from '../../src/index.ts';
import type { Tiny } from '../integration/lab.ts';
import { type HostSnapshot, takeSnapshot } from '../integration/snapshot.ts';
import { openWorkspace, type Workspace } from '../integration/workspace.ts';
import { openStandby, type Standby } from './standby.ts';

/** An instance to be made, on a host of some kind. */
export interface Specimen {
  readonly settings: Partial<Settings>;
  /** Arguments of a launch, in a workspace. */
  readonly launch: (workspace: Workspace) => Promise<readonly string[]>;
  /**
   * Records of the steps that are its own, where another specimen is swept over all: what is done to an instance that is there,
   * and its delete, are swept over these only. Missing: all.
   */
  readonly own?: RegExp;
  /** What is kept outside of the workspace, for comparison: images of a cluster, say. */
  readonly stored?: () => Promise<readonly string[]>;
  /** What tells the root disk of an instance there from another one. */
  readonly root?: (uuid: string) => Promise<string>;
}

/** A place where one instance after another is made, and looked at. */
export interface Lane extends AsyncDisposable {
  readonly workspace: Workspace;
  readonly standby: Standby;
  /** Arguments of its launch. */
  readonly launch: readonly string[];
  /** Of the records of a delete or an operation, those to sweep over. */
  swept(records: readonly string[]): readonly string[];
  /** Runs a command that must succeed. */
  must(args: readonly string[]): Promise<void>;
  /** What `spawner gc` does; everything must be taken back. */
  collect(): Promise<void>;
  /** Deletes what is whole; nothing else may be there. */
  deleteWhole(): Promise<void>;
  /** The only instance's name. */
  name(): Promise<string>;
  /** Everything of the host that may have changed. */
  readonly look: () => Promise<LaneSnapshot>;
  /** What tells the root disk of an instance from another one that took its place. */
  root(uuid: string): Promise<string>;
}

export interface LaneSnapshot extends HostSnapshot {
  readonly cache: readonly string[];
  readonly stored: readonly string[];
}

/**
 * Expects that a place looks as it did. What differs is looked at again: others on the same host do things as well, and what was
 * left behind does not go by itself.
 */
export async function expectLook<T>(look: () => Promise<T>, wanted: T, where: string): Promise<T> {
  for (let turn = 0; turn < 3; turn++) {
    const seen = await look();
    if (isDeepStrictEqual(seen, wanted)) return seen;
    await delay(1000);
  }
  const seen = await look();
  expect(seen, where).toEqual(wanted);
  return seen;
}

/** Opens a {@link Lane}; its image cache is filled, its directories are made. */
export async function openLane(tiny: Tiny, { settings, launch, own, stored, root }: Specimen): Promise<Lane> {
  const workspace = await openWorkspace(tiny, settings);
  const standby = openStandby(workspace);
  const lane: Lane = {
    workspace,
    standby,
    launch: ['launch', ...(await launch(workspace))],
    swept: (records) => records.filter((at) => own?.test(at) ?? true),
    async must(args) {
      const { code, stderr } = await standby.run(args);
      expect(code, `${args.join(' ')}: ${stderr}`).toBe(0);
    },
    async collect() {
      await using host = workspace.host();
      expect(await collect(host)).toMatchObject({ busy: [], failed: [] });
    },
    async deleteWhole() {
      await using host = workspace.host();
      for (const instance of await listInstances(host)) {
        expect(instance.committed, `${instance.name} is incomplete, and gc left it`).toBe(true);
        await destroy(host, instance);
      }
    },
    async name() {
      await using host = workspace.host();
      const [instance] = await listInstances(host);
      return instance?.name ?? expect.unreachable('there is no instance');
    },
    look: async () => ({
      ...takeSnapshot(workspace),
      cache: readdirSync(join(workspace.settings.instancesPath, '_base')).sort(),
      stored: (await stored?.()) ?? [],
    }),
    root: root ?? (async (uuid) => String(statSync(join(workspace.settings.instancesPath, uuid, 'disk')).ino)),
    async [Symbol.asyncDispose]() {
      await standby[Symbol.asyncDispose]();
      await workspace[Symbol.asyncDispose]();
    },
  };
  try {
    await warmUp(lane);
    return lane;
  } catch (error) {
    await lane[Symbol.asyncDispose]();
    throw error;
  }
}

async function warmUp(lane: Lane): Promise<void> {
  await lane.must(lane.launch);
  // Makes the directory of operations.
  await lane.must(['reboot', await lane.name(), '--force']);
  await lane.deleteWhole();
}
