import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Connection, connect, type Domain, type DomainLifecycleEvent, type EventStream } from '../../src/index.ts';
import { labObstacle, startLibvirt, testDomain } from '../lab.ts';
import { recordingProxy } from '../recording-proxy.ts';

if (labObstacle) process.stderr.write(`skipped, events of a real daemon: ${labObstacle}\n`);

describe.skipIf(labObstacle)('events of a real daemon', () => {
  let conn: Connection;
  const given = testDomain();
  let domain: Domain;

  let keeper: Connection;

  // libvirt (virObjectEventStateQueueRemote) looks without a lock whether anybody listens: when the last callback goes
  // at that moment, the event stays in the queue and later ones wake nobody, until the list of callbacks is empty once
  // more. So it is emptied here, and never again while events are caused.
  beforeAll(async () => {
    startLibvirt();
    conn = await connect('test:///default');
    keeper = await connect('test:///default');
    await (await keeper.events.domain('controlError')).return();
    await keeper.events.domain('controlError');
    domain = await conn.domains.define(given.xml);
  });
  afterAll(async () => {
    if (await domain.isActive()) await domain.destroy();
    await domain.undefine();
    await conn[Symbol.asyncDispose]();
    await keeper[Symbol.asyncDispose]();
  });

  const take = async (events: EventStream<DomainLifecycleEvent>, count: number) => {
    const seen: string[] = [];
    while (seen.length < count) {
      const { value } = await events.next();
      seen.push(value ? `${value.event} ${value.detail}` : 'the end');
    }
    return seen;
  };

  test('tell a domain’s life in order', async () => {
    await using events = await conn.events.domain('lifecycle', { domain, signal: AbortSignal.timeout(20_000) });
    await domain.start();
    await domain.suspend();
    await domain.resume();
    await domain.destroy();
    expect(await take(events, 4)).toEqual([
      'STARTED BOOTED',
      'SUSPENDED PAUSED',
      'RESUMED UNPAUSED',
      'STOPPED DESTROYED',
    ]);
  });

  test('are those of the domain that was asked for', async () => {
    const other = testDomain();
    await using events = await conn.events.domain('lifecycle', { domain, signal: AbortSignal.timeout(20_000) });
    await (await conn.domains.define(other.xml)).undefine();
    await domain.start();
    expect(await take(events, 1)).toEqual(['STARTED BOOTED']);
    await domain.destroy();
  });

  // Under load the daemon sends some events before the reply to their registration, and replies out of order. What a
  // subscription yields is compared with what stood on the wire for its callback id, from the first event on.
  test('none is lost in 200 registrations while others cause events and call', async () => {
    await using wire = await recordingProxy('/var/run/libvirt/libvirt-sock');
    await using watched = await connect(`test+unix:///default?socket=${wire.path}`);
    const busy = new AbortController();
    const causes = [0, 1].map(async (worker) => {
      for (let count = 0; !busy.signal.aborted; count++) {
        const passing = await conn.domains.define(testDomain(`w${worker}-${count}`).xml);
        await passing.undefine();
      }
    });
    const calls = Array.from({ length: 12 }, async () => {
      while (!busy.signal.aborted) await watched.hostname();
    });
    const rounds: string[][] = [];
    try {
      for (let round = 0; round < 200; round++) {
        await using events = await watched.events.domain('lifecycle', { signal: AbortSignal.timeout(60_000) });
        const seen: string[] = [];
        for await (const { domain, event } of events) if (seen.push(`${event} ${domain.name}`) === 5) break;
        rounds.push(seen);
      }
    } finally {
      busy.abort();
      await Promise.all([...causes, ...calls]);
    }
    const sent = [...wire.eventsById.entries()].sort(([one], [other]) => one - other).map(([, events]) => events);
    expect(rounds).toEqual(sent.map((events) => events.slice(0, 5)));
    process.stderr.write(`${wire.early()} of 200 registrations had events before their reply\n`);
  });

  test('come from networks and pools too, whose callback ids may be the same', async () => {
    const name = `e${given.uuid.slice(0, 8)}`;
    const signal = AbortSignal.timeout(20_000);
    await using networks = await conn.events.network('lifecycle', { signal });
    await using pools = await conn.events.storagePool('lifecycle', { signal });
    const network = await conn.networks.define(`<network><name>${name}</name></network>`);
    const pool = await conn.storagePools.define(
      `<pool type='dir'><name>${name}</name><target><path>/tmp</path></target></pool>`,
    );
    await pool.undefine();
    await network.undefine();
    const ref = { name, uuid: network.uuid };
    expect((await networks.next()).value).toEqual({ network: ref, event: 'DEFINED' });
    expect((await networks.next()).value).toEqual({ network: ref, event: 'UNDEFINED' });
    expect((await pools.next()).value).toEqual({ pool: { name, uuid: pool.uuid }, event: 'DEFINED' });
    expect((await pools.next()).value).toEqual({ pool: { name, uuid: pool.uuid }, event: 'UNDEFINED' });
  });
});
