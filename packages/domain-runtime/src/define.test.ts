import { type Connection, connect } from '@spawnkit/libvirt';
import { DomainUndefineFlagsValues as Flag } from '@spawnkit/libvirt/enums';
import { DaemonError, type FakeDaemon, fakeDaemon } from '@spawnkit/libvirt/testing';
import { afterEach, expect, test } from 'vitest';
import { aDomain } from '../test/fake-domain.ts';
import { defineDomain, undefineDomain } from './define.ts';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

/** A daemon whose driver knows these flags, and no others. */
async function daemonThatKnows(known: number): Promise<{ daemon: FakeDaemon; conn: Connection }> {
  const daemon = await fakeDaemon({
    domainLookupByUuid: () => ({ dom: aDomain.handle }),
    domainUndefineFlags({ flags }) {
      if (flags & ~known) throw new DaemonError('INVALID_ARG', `unsupported flags (${flags & ~known}) in function`);
      return undefined;
    },
  });
  open.push(daemon);
  const conn = await connect(daemon.uri);
  open.push(conn);
  return { daemon, conn };
}

const { MANAGED_SAVE, SNAPSHOTS_METADATA, CHECKPOINTS_METADATA, NVRAM, TPM } = Flag;
const all = MANAGED_SAVE | SNAPSHOTS_METADATA | CHECKPOINTS_METADATA | NVRAM | TPM;

test.each([
  ['of today', all, all],
  ['before 8.9.0', all & ~TPM, all & ~TPM],
  ['before 5.6.0', MANAGED_SAVE | SNAPSHOTS_METADATA | NVRAM, MANAGED_SAVE | SNAPSHOTS_METADATA | NVRAM],
  ['of a driver without NVRAM', MANAGED_SAVE | SNAPSHOTS_METADATA, MANAGED_SAVE | SNAPSHOTS_METADATA],
  ['of a driver without any', 0, 0],
])('undefineDomain takes along what a daemon %s knows', async (_, known, used) => {
  const { daemon, conn } = await daemonThatKnows(known);
  await undefineDomain(conn, aDomain.uuid);
  expect(daemon.callsOf('domainUndefineFlags').at(-1)).toMatchObject({ flags: used });
});

test('undefineDomain keeps the state of firmware and TPM where it is to be defined again', async () => {
  const { KEEP_NVRAM, KEEP_TPM } = Flag;
  for (const known of [all | KEEP_NVRAM | KEEP_TPM, all | KEEP_NVRAM]) {
    const { daemon, conn } = await daemonThatKnows(known);
    await undefineDomain(conn, aDomain.uuid, { keepFirmwareState: true });
    const used = daemon.callsOf('domainUndefineFlags').at(-1)?.flags ?? 0;
    expect(used & (KEEP_NVRAM | KEEP_TPM)).toBe(known & (KEEP_NVRAM | KEEP_TPM));
    expect(used & (NVRAM | TPM)).toBe(0);
  }
});

test('undefineDomain passes on what has nothing to do with flags', async () => {
  const daemon = await fakeDaemon({
    domainLookupByUuid: () => ({ dom: aDomain.handle }),
    domainUndefineFlags() {
      throw new DaemonError('OPERATION_INVALID', 'cannot undefine transient domain');
    },
  });
  open.push(daemon);
  const conn = await connect(daemon.uri);
  open.push(conn);
  await expect(undefineDomain(conn, aDomain.uuid)).rejects.toMatchObject({ codeName: 'OPERATION_INVALID' });
  expect(daemon.callsOf('domainUndefineFlags')).toHaveLength(1);
});

test('undefineDomain does not mind a domain that vanishes before or between its calls', async () => {
  for (const vanishing of ['domainLookupByUuid', 'domainUndefineFlags'] as const) {
    const daemon = await fakeDaemon({
      domainLookupByUuid: () => ({ dom: aDomain.handle }),
      [vanishing]: () => {
        throw new DaemonError('NO_DOMAIN', 'no domain with that uuid');
      },
    });
    open.push(daemon);
    const conn = await connect(daemon.uri);
    open.push(conn);
    await undefineDomain(conn, aDomain.uuid);
  }
});

test('defineDomain that is aborted returns only when the daemon has answered', async () => {
  const defined = Promise.withResolvers<{ dom: typeof aDomain.handle }>();
  const daemon = await fakeDaemon({ domainDefineXmlFlags: () => defined.promise });
  open.push(daemon);
  const conn = await connect(daemon.uri);
  open.push(conn);
  const abort = new AbortController();
  let settled = false;
  const defining = defineDomain(conn, '<domain/>', { signal: abort.signal }).finally(() => {
    settled = true;
  });
  const refused = expect(defining).rejects.toThrow('enough');
  abort.abort(new Error('enough'));
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(settled).toBe(false);
  defined.resolve({ dom: aDomain.handle });
  await refused;
});
