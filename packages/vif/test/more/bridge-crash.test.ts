import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Exec } from '@spawnkit/effects';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aCreatingVif } from '../a-vif.ts';
import { cutOff } from '../cut-off.ts';
import { namespaceObstacle, type NetworkNamespace, openNetworkNamespace } from '../network-namespace.ts';
import { plug, unplug } from '../../src/plug.ts';
import type { VifContext } from '../../src/vif-type.ts';

if (namespaceObstacle) process.stderr.write(`skipped, crashes while bridges are made: ${namespaceObstacle}\n`);

describe.skipIf(namespaceObstacle)('a bridge of a real kernel', () => {
  let host: NetworkNamespace;
  let locksPath: string;

  beforeEach(async () => {
    host = await openNetworkNamespace();
    locksPath = await mkdtemp(join(tmpdir(), 'spawnkit-vif-'));
  });
  afterEach(async () => {
    await host[Symbol.asyncDispose]();
    await rm(locksPath, { recursive: true });
  });

  const context = (more: Partial<VifContext> = {}): VifContext => ({
    exec: host.exec,
    conn: undefined as never /* bridges do not ask libvirt */,
    locksPath,
    ...more,
  });
  const uplink = async (...more: readonly string[]) => {
    await host.ip('link', 'add', 'up0', ...more, 'type', 'veth', 'peer', 'name', 'up1');
  };
  const carried = aCreatingVif({ meta: { bridge_interface: 'up0', mtu: 1400 } });

  describe('cut off at every command', { timeout: 120_000 }, () => {
    const moments = ['before', 'after'] as const;

    test.each(moments)('%s it, a plug is taken back by unplug, and completed by another plug', async (moment) => {
      await uplink();
      const before = await host.devices();
      const commands = await countCommands((exec) => plug(carried, context({ exec })));
      const plugged = await host.devices();
      await unplug(carried, context());
      expect(commands).toBeGreaterThan(8);
      for (let at = 1; at <= commands; at++) {
        await cutOffAt((exec) => plug(carried, context({ exec })), at, moment);
        await unplug(carried, context());
        expect(await host.devices(), `unplugged, cut off ${moment} command ${at}`).toEqual(before);
        await cutOffAt((exec) => plug(carried, context({ exec })), at, moment);
        await plug(carried, context());
        expect(await host.devices(), `plugged again, cut off ${moment} command ${at}`).toEqual(plugged);
        await unplug(carried, context());
        expect(await host.devices()).toEqual(before);
      }
    });

    test.each(moments)('%s it, an unplug is completed by another one', async (moment) => {
      await uplink();
      const before = await host.devices();
      await plug(carried, context());
      const commands = await countCommands((exec) => unplug(carried, context({ exec })));
      expect(commands).toBeGreaterThan(3);
      for (let at = 1; at <= commands; at++) {
        await plug(carried, context());
        await cutOffAt((exec) => unplug(carried, context({ exec })), at, moment);
        await unplug(carried, context());
        expect(await host.devices(), `cut off ${moment} command ${at}`).toEqual(before);
      }
    });

    async function cutOffAt(run: (exec: Exec) => Promise<unknown>, at: number, moment: 'before' | 'after') {
      const cut = new Error(`cut off ${moment} command ${at}`);
      await expect(run(cutOff(host.exec, at, moment, cut))).rejects.toBe(cut);
    }
  });

  describe('over an uplink that the host is reached by', () => {
    const addresses = async () => {
      const shown = await Promise.all(
        [
          ['-brief', 'address', 'show', 'scope', 'global'],
          ['-4', 'route', 'show'],
          ['-6', 'route', 'show', 'table', 'main', 'proto', 'static'],
        ].map((words) => host.ip(...words)),
      );
      return shown.join('\n').replaceAll(/[ \t]+$/gm, '');
    };
    beforeEach(async () => {
      await uplink();
      await host.ip('link', 'set', 'up0', 'up');
      await host.ip('link', 'set', 'up1', 'up');
      for (const one of ['192.0.2.1/24', '192.0.2.9/24', '2001:db8::1/64']) {
        await host.ip('address', 'add', one, 'dev', 'up0', ...(one.includes('::') ? ['nodad'] : []));
      }
      await host.ip('route', 'add', 'default', 'via', '192.0.2.254', 'dev', 'up0', 'metric', '50', 'src', '192.0.2.9');
      await host.ip('route', 'add', '198.51.100.0/24', 'dev', 'up0', 'proto', 'static', 'scope', 'link');
      await host.ip('route', 'add', '2001:db8:9::/48', 'via', '2001:db8::fe', 'dev', 'up0', 'proto', 'static');
    });

    test('cut off at any command, it ends up with all of them', { timeout: 120_000 }, async () => {
      const before = await addresses();
      const commands = await countCommands((exec) => plug(carried, context({ exec })));
      await unplug(carried, context());
      // Before, nothing of the uplink has changed.
      for (let at = 11; at <= commands; at++) {
        const exec = cutOff(host.exec, at, 'after', new Error('cut off'));
        await plug(carried, context({ exec })).catch(() => {});
        await unplug(carried, context());
        expect(await addresses(), `cut off after command ${at}`).toBe(before);
      }
    });
  });

  async function countCommands(run: (exec: Exec) => Promise<unknown>): Promise<number> {
    let count = 0;
    await run((...call) => {
      count++;
      return host.exec(...call);
    });
    return count;
  }
});
