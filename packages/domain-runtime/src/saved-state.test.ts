import { type Connection, connect } from '@spawnkit/libvirt';
import { DaemonError, type FakeDaemon, fakeDaemon } from '@spawnkit/libvirt/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { aDomain, states } from '../test/fake-domain.ts';
import { forgetSavedState, saveDomain } from './saved-state.ts';

const { uuid, handle } = aDomain;
let state: keyof typeof states;
let saved: boolean;
let isThere: boolean;
/** What the daemon waits for before it saves. */
let held: Promise<void> | undefined;
let daemon: FakeDaemon;
let conn: Connection;

beforeEach(async () => {
  [state, saved, isThere, held] = ['RUNNING', false, true, undefined];
  daemon = await fakeDaemon({
    domainLookupByUuid() {
      if (!isThere) throw new DaemonError('NO_DOMAIN', 'no domain with that uuid');
      return { dom: handle };
    },
    domainGetState: () => ({ state: states[state], reason: 1 }),
    async domainManagedSave() {
      await held;
      [state, saved] = ['SHUTOFF', true];
      return undefined;
    },
    domainHasManagedSaveImage: () => ({ result: saved ? 1 : 0 }),
    domainManagedSaveRemove() {
      saved = false;
      return undefined;
    },
  });
  conn = await connect(daemon.uri);
});
afterEach(async () => {
  await conn[Symbol.asyncDispose]();
  await daemon[Symbol.asyncDispose]();
});

test('saveDomain saves what runs, once, and says whether something is saved', async () => {
  expect(await saveDomain(conn, uuid)).toBe(true);
  expect(await saveDomain(conn, uuid)).toBe(true);
  expect(daemon.callsOf('domainManagedSave')).toHaveLength(1);
  saved = false;
  expect(await saveDomain(conn, uuid)).toBe(false);
});

test('forgetSavedState can be repeated, also for a domain that is gone', async () => {
  await saveDomain(conn, uuid);
  await forgetSavedState(conn, uuid);
  await forgetSavedState(conn, uuid);
  isThere = false;
  await forgetSavedState(conn, uuid);
  expect(daemon.callsOf('domainManagedSaveRemove')).toHaveLength(1);
});

test('saveDomain that is aborted returns only when the daemon has answered', async () => {
  const abort = new AbortController();
  const letGo = Promise.withResolvers<void>();
  held = letGo.promise;
  const saving = saveDomain(conn, uuid, { signal: abort.signal });
  const refused = expect(saving).rejects.toThrow('enough');
  while (daemon.callsOf('domainManagedSave').length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  abort.abort(new Error('enough'));
  letGo.resolve();
  await refused;
  expect(saved).toBe(true);
});
