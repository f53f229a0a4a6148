import { connect } from '@spawnkit/libvirt';
import { DaemonError, fakeDaemon } from '@spawnkit/libvirt/testing';
import { expect, test } from 'vitest';
import { aDomain, states } from '../test/fake-domain.ts';
import { instancesToResume } from './after-boot.ts';

const { uuid, handle } = aDomain;

test.each([
  ['RUNNING', 'none'],
  ['PAUSED', 'none'],
  ['PMSUSPENDED', 'none'],
  ['NOSTATE', 'none'],
  ['SHUTOFF', 'start'],
  ['SHUTDOWN', 'start'],
  ['CRASHED', 'start'],
  ['ABSENT', 'define'],
] as const)('a guest that should run and is %s needs %s', async (state, action) => {
  await using daemon = await fakeDaemon({
    domainLookupByUuid() {
      if (state === 'ABSENT') throw new DaemonError('NO_DOMAIN', 'no domain with that uuid');
      return { dom: handle };
    },
    domainGetState: () => ({ state: states[state as keyof typeof states], reason: 1 }),
  });
  await using conn = await connect(daemon.uri);
  const wanted = [
    { uuid, shouldRun: true },
    { uuid, shouldRun: false },
  ];
  expect(await instancesToResume(conn, wanted)).toMatchObject([
    { uuid, action, seen: { state } },
    { uuid, action: 'none', seen: { state } },
  ]);
});

test('a daemon that does not know is an error, not a guest to start', async () => {
  await using daemon = await fakeDaemon({
    domainLookupByUuid() {
      throw new DaemonError('INTERNAL_ERROR', 'out of order');
    },
  });
  await using conn = await connect(daemon.uri);
  await expect(instancesToResume(conn, [{ uuid, shouldRun: true }])).rejects.toMatchObject({
    codeName: 'INTERNAL_ERROR',
  });
});
