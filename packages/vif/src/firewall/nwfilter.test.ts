import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manualClock } from '@spawnkit/effects/testing';
import { type Connection, connect } from '@spawnkit/libvirt';
import { DaemonError, fakeDaemon } from '@spawnkit/libvirt/testing';
import { afterEach, expect, test } from 'vitest';
import { aVif, vifIds } from '../../test/a-vif.ts';
import { type FilterDaemon, filterDaemon } from '../../test/filter-daemon.ts';
import { type FirewallContext, iptablesFirewall, noFirewall, nwfilterFirewall } from './firewall.ts';
import type { FirewallRequest } from './firewall-request.ts';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

const request: FirewallRequest = {
  instanceName: 'web',
  chain: '1',
  networkInfo: vifIds.map((id, at) =>
    aVif({
      id,
      more: {
        address: `fa:16:3e:00:00:0${at}`,
        network: { subnets: [{ cidr: '192.0.2.0/24', version: 4, ips: [{ address: `192.0.2.1${at}` }] }] },
      },
    }),
  ),
  rules: [],
  useIpv6: false,
  allowSameNetTraffic: true,
};
const own = ['nova-instance-web-fa163e000000', 'nova-instance-web-fa163e000001'];
const common = ['nova-no-nd-reflection', 'nova-nodhcp', 'nova-base', 'nova-vpn', 'nova-allow-dhcp-server'];

async function contextOf({ answers }: Pick<FilterDaemon, 'answers'>) {
  const daemon = await fakeDaemon(answers);
  open.push(daemon);
  const conn: Connection = await connect(daemon.uri);
  open.push(conn);
  const locksPath = await mkdtemp(join(tmpdir(), 'spawnkit-vif-'));
  open.push({ [Symbol.asyncDispose]: () => rm(locksPath, { recursive: true }) });
  const exec = () => Promise.reject(new Error('network filters need no command'));
  const clock = manualClock();
  const context: FirewallContext = { exec, conn, clock, locksPath };
  return { context, clock };
}

test('each VIF gets its filter after those that it refers to, and all go with the last instance', async () => {
  const daemon = filterDaemon();
  const { context } = await contextOf(daemon);
  const other = { ...request, instanceName: 'db' };
  await nwfilterFirewall.setupBasicFiltering(request, context);
  expect(daemon.names()).toEqual([...common, ...own]);
  await nwfilterFirewall.setupBasicFiltering(other, context);
  await nwfilterFirewall.unfilterInstance(request, context);
  await nwfilterFirewall.unfilterInstance(request, context);
  expect(daemon.names()).toEqual([...common, ...own.map((name) => name.replace('web', 'db'))]);
  await nwfilterFirewall.unfilterInstance(other, context);
  expect(daemon.names()).toEqual([]);
});

test('filters of others under these names are used, keep their uuid, and stay', async () => {
  const uuid = '11112222-3333-4444-5555-666677778888';
  const daemon = filterDaemon({ 'nova-base': uuid, [own[0] ?? '']: uuid });
  const { context } = await contextOf(daemon);
  await nwfilterFirewall.setupBasicFiltering(request, context);
  expect(daemon.defined.filter((xml) => xml.includes(uuid))).toHaveLength(1);
  await nwfilterFirewall.unfilterInstance(request, context);
  expect(daemon.names()).toEqual(['nova-base']);
});

test('a filter that a domain still uses is tried again every second', async () => {
  const daemon = filterDaemon();
  const { context, clock } = await contextOf(daemon);
  await nwfilterFirewall.setupBasicFiltering(request, context);
  daemon.busy.set(own[1] ?? '', 3);
  const removing = nwfilterFirewall.unfilterInstance(request, context);
  await sleepsAndWakes(clock, 3);
  await removing;
  expect(daemon.names()).toEqual([]);
  expect(clock.sleepers).toBe(0);
});

test('one that stays in use is reported', async () => {
  const daemon = filterDaemon();
  const { context, clock } = await contextOf(daemon);
  await nwfilterFirewall.setupBasicFiltering(request, context);
  daemon.busy.set(own[0] ?? '', 1000);
  const removing = nwfilterFirewall.unfilterInstance(request, context);
  const refused = expect(removing).rejects.toMatchObject({ code: 'FILTER_IN_USE', context: { filter: own[0] } });
  await sleepsAndWakes(clock, 29);
  await refused;
});

test('every call of libvirt may fail once: its error is passed on, and taking back leaves nothing', async () => {
  const names = ['nwfilterLookupByName', 'nwfilterDefineXml'] as const;
  for (const name of names) {
    for (let at = 1; at <= 7; at++) {
      const daemon = filterDaemon();
      let count = 0;
      const answer = daemon.answers[name] as (...args: unknown[]) => never;
      const answers = {
        ...daemon.answers,
        [name](...args: unknown[]) {
          if (++count === at) throw new DaemonError('INTERNAL_ERROR', 'out of order');
          return answer(...args);
        },
      };
      const { context } = await contextOf({ answers });
      await expect(nwfilterFirewall.setupBasicFiltering(request, context)).rejects.toMatchObject({
        codeName: 'INTERNAL_ERROR',
      });
      await nwfilterFirewall.unfilterInstance(request, context);
      expect(daemon.names(), `${name} ${at}`).toEqual([]);
      for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
    }
  }
});

test('an abort ends the waiting', async () => {
  const daemon = filterDaemon();
  const { context, clock } = await contextOf(daemon);
  await nwfilterFirewall.setupBasicFiltering(request, context);
  daemon.busy.set(own[0] ?? '', 1000);
  const abort = new AbortController();
  const removing = nwfilterFirewall.unfilterInstance(request, { ...context, signal: abort.signal });
  const ended = expect(removing).rejects.toThrow('enough');
  await untilSleeping(clock);
  abort.abort(new Error('enough'));
  await ended;
  expect(clock.sleepers).toBe(0);
});

test('without a firewall nothing is asked of anybody', async () => {
  const { context } = await contextOf({ answers: {} });
  for (const step of Object.values(noFirewall)) await (step as typeof noFirewall.setupBasicFiltering)(request, context);
  await nwfilterFirewall.prepareInstanceFilter(request, context);
  await iptablesFirewall.applyInstanceFilter(request, context);
});

type Clock = ReturnType<typeof manualClock>;

async function sleepsAndWakes(clock: Clock, times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    await untilSleeping(clock);
    await clock.advance(1000);
  }
}

async function untilSleeping(clock: Clock): Promise<void> {
  while (clock.sleepers === 0) await new Promise((resolve) => setTimeout(resolve, 1));
}
