import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EffectsError, type Exec, systemClock } from '@spawnkit/effects';
import { connect } from '@spawnkit/libvirt';
import { DaemonError, fakeDaemon } from '@spawnkit/libvirt/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { aVif } from '../../test/a-vif.ts';
import { filterDaemon } from '../../test/filter-daemon.ts';
import { modelHost } from '../../test/model/model-host.ts';
import { type FirewallContext, iptablesFirewall } from './firewall.ts';
import { chainKey, type FirewallRequest } from './firewall-request.ts';

type Fault = 'error' | 'hang' | 'abort';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spawnkit-vif-'));
});
afterAll(() => rm(directory, { recursive: true }));

const subnets = [
  { cidr: '192.0.2.0/24', version: 4, ips: [{ address: '192.0.2.7' }] },
  { cidr: '2001:db8::/64', version: 6, ips: [{ address: '2001:db8::7' }] },
];
const request: FirewallRequest = {
  instanceName: 'web',
  chain: chainKey('0f0e1d2c-3b4a-4958-8776-655443322110'),
  networkInfo: [aVif({ more: { network: { subnets } } })],
  rules: [{ cidr: '0.0.0.0/0', protocol: 'tcp', fromPort: 443, toPort: 443 }],
  useIpv6: true,
  allowSameNetTraffic: true,
};

/** A host and a daemon whose commands and calls are counted together, and one of which goes wrong. */
async function openFaulty(faulty: number, fault: Fault) {
  const abort = new AbortController();
  const acts: string[] = [];
  let isArmed = false;
  const act = (name: string): void | Promise<void> => {
    if (!isArmed || acts.push(name) - 1 !== faulty) return undefined;
    if (fault === 'error') throw new DaemonError('INTERNAL_ERROR', 'the fault');
    // The caller's own deadline ends what hangs.
    const patience = fault === 'hang' ? 20 : 1;
    setTimeout(() => abort.abort(new Error(fault === 'hang' ? 'the deadline' : 'changed my mind')), patience);
    return new Promise(() => {});
  };
  const host = modelHost();
  const filters = filterDaemon();
  const daemon = await fakeDaemon(filters.answers, { before: ({ name }) => act(name) });
  const conn = await connect(daemon.uri);
  isArmed = true;
  const exec: Exec = async (file, args, options = {}) => {
    const held = fault === 'error' ? refused(() => act(file)) : act(file);
    if (held) await Promise.race([held, aborted(options.signal)]);
    return host.exec(file, args, options);
  };
  const context: FirewallContext = { exec, conn, clock: systemClock, locksPath: join(directory, 'locks') };
  return {
    acts,
    abort,
    context,
    disarm: () => void (isArmed = false),
    state: () => ({ rules: host.snapshot(), filters: filters.names() }),
    async [Symbol.asyncDispose]() {
      await conn[Symbol.asyncDispose]();
      await daemon[Symbol.asyncDispose]();
    },
  };
}

/** As a command that fails throws it. */
function refused(run: () => void | Promise<void>): void | Promise<void> {
  try {
    return run();
  } catch {
    throw new EffectsError('EXEC_FAILED', 'the fault', { exitCode: 4 });
  }
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  if (!signal) return Promise.reject(new Error('a command was given no signal'));
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

const reports: Readonly<Record<Fault, string>> = {
  error: 'the fault',
  hang: 'the deadline',
  abort: 'changed my mind',
};

test.each(Object.keys(reports) as Fault[])(
  'whichever command or call of filtering goes wrong by %s, that is what the caller sees, and all is taken back',
  async (fault) => {
    for (let at = 0; ; at++) {
      await using faulty = await openFaulty(at, fault);
      const before = faulty.state();
      const context = { ...faulty.context, signal: faulty.abort.signal };
      const filter = async () => {
        await iptablesFirewall.setupBasicFiltering(request, context);
        await iptablesFirewall.prepareInstanceFilter(request, context);
      };
      const error: unknown = await filter().catch((reason: unknown) => reason);
      const act = faulty.acts[at];
      faulty.disarm();
      if (act === undefined) {
        expect([error, at > 14]).toEqual([undefined, true]);
        expect(faulty.state().filters).toHaveLength(6);
      } else {
        expect((error as Error).message, act).toContain(reports[fault]);
      }
      await iptablesFirewall.unfilterInstance(request, faulty.context);
      expect(faulty.state(), act).toEqual(before);
      if (act === undefined) return;
    }
  },
);
