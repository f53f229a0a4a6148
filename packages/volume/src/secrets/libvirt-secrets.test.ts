import { manualClock } from '@spawnkit/effects/testing';
import { Secret } from '@spawnkit/effects';
import { type Connection, connect } from '@spawnkit/libvirt';
import { DaemonError, type FakeDaemon, fakeDaemon } from '@spawnkit/libvirt/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { libvirtSecrets } from './libvirt-secrets.ts';

const use = { type: 'volume', id: '2a0a0f6c-babf-454d-b93e-9ac9957b95e0' } as const;
const value = new Secret('c4n4ry');

/** What the daemon does with its next call of a procedure. */
let fates: Map<string, () => void | Promise<void>>;
let secrets: Set<string>;
let daemon: FakeDaemon;
let conn: Connection;

beforeEach(async () => {
  [fates, secrets] = [new Map(), new Set()];
  const handle = (uuid: string) => ({
    secret: { uuid: Buffer.from(uuid.replaceAll('-', ''), 'hex'), usageType: 1, usageID: use.id },
  });
  daemon = await fakeDaemon(
    {
      secretLookupByUsage: () => {
        const [uuid] = secrets;
        if (uuid === undefined) throw new DaemonError('NO_SECRET', 'Secret not found');
        return handle(uuid);
      },
      secretDefineXml: ({ xml }) => {
        const uuid = /<uuid>([^<]+)</.exec(xml)?.[1] ?? '';
        secrets.add(uuid);
        return handle(uuid);
      },
      secretSetValue: () => undefined,
      secretUndefine: () => secrets.clear() as undefined,
    },
    { before: ({ name }) => fates.get(name)?.() },
  );
  conn = await connect(daemon.uri);
});
afterEach(async () => {
  await conn[Symbol.asyncDispose]();
  await daemon[Symbol.asyncDispose]();
});

test('a secret is made, found and deleted', async () => {
  const store = libvirtSecrets(conn);
  const uuid = await store.create(use, value);
  expect(await store.find(use)).toBe(uuid);
  for (const _ of [1, 2]) await store.delete(use);
  expect(await store.find(use)).toBeUndefined();
});

test.each(['secretDefineXml', 'secretSetValue'])(
  '%s that is refused is what the caller sees, and nothing is left',
  async (name) => {
    fates.set(name, () => {
      throw new DaemonError('INTERNAL_ERROR', 'out of order');
    });
    await expect(libvirtSecrets(conn).create(use, value)).rejects.toMatchObject({ codeName: 'INTERNAL_ERROR' });
    expect([...secrets]).toEqual([]);
  },
);

test('a daemon that does not answer is given up, and what it defines after all is taken back', async () => {
  const answer = Promise.withResolvers<void>();
  const called = Promise.withResolvers<void>();
  fates.set('secretDefineXml', () => {
    called.resolve();
    return answer.promise;
  });
  const clock = manualClock();
  const creating = libvirtSecrets(conn, { clock, timeoutMs: 5000 }).create(use, value);
  const refused = expect(creating).rejects.toMatchObject({
    code: 'CONNECT_FAILED',
    message: 'libvirt did not define the secret of the volume within 5 s',
  });
  await called.promise;
  await clock.advance(5000);
  await refused;
  answer.resolve();
  while (daemon.callsOf('secretUndefine').length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect([[...secrets], clock.sleepers]).toEqual([[], 0]);
});

test.each(['secretDefineXml', 'secretSetValue'])('an abort during %s leaves nothing', async (name) => {
  const abort = new AbortController();
  fates.set(name, () => abort.abort(new Error('changed my mind')));
  const creating = libvirtSecrets(conn).create(use, value, { signal: abort.signal });
  await expect(creating).rejects.toThrow('changed my mind');
  expect([...secrets]).toEqual([]);
});

test.each(['secretLookupByUsage', 'secretUndefine'])(
  'a %s that hangs is ended by the caller’s deadline',
  async (name) => {
    const store = libvirtSecrets(conn);
    await store.create(use, value);
    fates.set(name, () => new Promise(() => {}));
    await expect(store.delete(use, { signal: AbortSignal.timeout(30) })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    fates.clear();
  },
);
