import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EffectsError, type Exec } from '@spawnkit/effects';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cutOff, failOnce } from '../test/cut-off.ts';
import { everyVif } from '../test/every-vif.ts';
import { newDevice } from '../test/model/model-devices.ts';
import { type ModelHost, modelHost } from '../test/model/model-host.ts';
import { makeSysTree } from '../test/recorded/recorded-host.ts';
import { checkVif, plug, unplug } from './plug.ts';
import type { VifContext } from './vif-type.ts';

let place: string;
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'spawnkit-vif-'));
  await makeSysTree(join(place, 'sys'), '0000:05:01.2');
});
afterAll(() => rm(place, { recursive: true }));

const owner = { uuid: '0f0e1d2c-3b4a-4958-8776-655443322110', projectId: 'project' };

function newHost(): ModelHost {
  const host = modelHost({ devices: ['eth0', 'eth1'] });
  host.state.devices.push(newDevice('eth1_1'));
  return host;
}

function contextOf({ exec }: Pick<ModelHost, 'exec'>, more: Partial<VifContext> = {}): VifContext {
  const paths = { locksPath: join(place, 'locks'), sysPath: join(place, 'sys') };
  return { exec, conn: undefined as never /* none of them asks libvirt */, owner, ...paths, ...more };
}

/** What unplugging takes back. A virtual function keeps neutral settings instead of none. */
function left(host: ModelHost) {
  const { functions, ...rest } = host.snapshot();
  const neutral = ['00:00:00:00:00:00', '0', 'off'];
  return {
    ...rest,
    functions: Object.values(functions)
      .flatMap(Object.values)
      .filter((one) => !neutral.includes(one)),
  };
}

describe.each(Object.entries(everyVif))('%s', (name, vif) => {
  test('check changes nothing, two plugs are one, and two unplugs leave what was before', async () => {
    const host = newHost();
    const before = left(host);
    await checkVif(vif, contextOf(host));
    expect(left(host)).toEqual(before);
    const parts = await plug(vif, contextOf(host));
    const plugged = host.snapshot();
    expect(await plug(vif, contextOf(host))).toEqual(parts);
    expect(host.snapshot()).toEqual(plugged);
    expect(JSON.parse(JSON.stringify(parts))).toEqual(parts);
    for (const part of parts) expect(isThere(host, part), JSON.stringify(part)).toBe(true);
    await unplug(vif, contextOf(host));
    expect(left(host)).toEqual(before);
    await unplug(vif, contextOf(host));
    expect(left(host)).toEqual(before);
  });

  test('unplug without plug does nothing', async () => {
    const host = newHost();
    const before = left(host);
    await unplug(vif, contextOf(host));
    expect(left(host)).toEqual(before);
  });

  test('cut off before any command, it is completed by another plug, and then taken back', async () => {
    const whole = newHost();
    await plug(vif, contextOf(whole));
    for (const [at, command] of whole.commands.entries()) {
      const host = newHost();
      const before = left(host);
      const cut = new Error('cut off');
      await expect(plug(vif, contextOf({ exec: cutOff(host.exec, at + 1, 'before', cut) })), command).rejects.toBe(cut);
      await plug(vif, contextOf(host));
      expect(host.snapshot(), `plugged again, cut off before ${command}`).toEqual(whole.snapshot());
      await unplug(vif, contextOf(host));
      expect(left(host), `unplugged, cut off before ${command}`).toEqual(before);
    }
  });

  test('cut off after any command, it is taken back', async () => {
    const whole = newHost();
    await plug(vif, contextOf(whole));
    expect(whole.commands.length).toBeGreaterThan(0);
    for (const [at, command] of whole.commands.entries()) {
      const host = newHost();
      const before = left(host);
      const cut = new Error('cut off');
      await expect(plug(vif, contextOf({ exec: cutOff(host.exec, at + 1, 'after', cut) })), command).rejects.toBe(cut);
      await unplug(vif, contextOf(host));
      expect(left(host), `cut off after ${command}`).toEqual(before);
    }
  });

  test('an unplug cut off after any command is completed by another', async () => {
    const before = left(newHost());
    for (let at = 1; at < 100; at++) {
      const host = newHost();
      await plug(vif, contextOf(host));
      const done = host.commands.length;
      const cut = new Error('cut off');
      const ended = await unplug(vif, contextOf({ exec: cutOff(host.exec, at, 'after', cut) })).then(
        () => true,
        () => false,
      );
      await unplug(vif, contextOf(host));
      expect(left(host), `cut off after command ${at}`).toEqual(before);
      if (ended && host.commands.length < done + at) return;
    }
    throw new Error('an unplug of 100 commands?');
  });

  // What a vendor's program complains of is logged, as in Nova.
  const isVendor = (command: string) => /^(?:mm-ctl|ifc_ctl|ebrctl)/.test(command);

  test('the first error of a command is what the caller sees, after it was taken back, too', async () => {
    const whole = newHost();
    await plug(vif, contextOf(whole));
    for (const [at, command] of whole.commands.entries()) {
      if (isVendor(command)) continue;
      const host = newHost();
      const before = left(host);
      const refused = new EffectsError('EXEC_FAILED', `${command} failed`, { exitCode: 2, stderr: 'out of memory' });
      const failure = await plug(vif, contextOf({ exec: failOnce(host.exec, at + 1, refused) })).then(
        () => undefined,
        String,
      );
      // `ip tuntap` has another program behind it.
      const isRetried = command.startsWith('ip tuntap');
      expect(failure, `${name}: ${command}`).toBe(isRetried ? undefined : String(refused));
      await unplug(vif, contextOf(host));
      expect(left(host), `${name}: ${command}`).toEqual(before);
    }
  });

  test('a command that hangs is ended by its deadline, or by an abort', async () => {
    const whole = newHost();
    await plug(vif, contextOf(whole));
    for (const at of whole.commands.keys()) {
      const host = newHost();
      const before = left(host);
      const abort = new AbortController();
      const reason = new Error('enough');
      const { exec, deadlines } = hanging(host, at + 1, () => abort.abort(reason));
      await expect(plug(vif, contextOf({ exec }, { signal: abort.signal })), whole.commands[at]).rejects.toBe(reason);
      expect(deadlines, whole.commands[at]).toEqual([expect.any(Number) as number]);
      await unplug(vif, contextOf(host));
      expect(left(host), whole.commands[at]).toEqual(before);
    }
  });
});

function isThere(host: ModelHost, { kind, name }: { readonly kind: string; readonly name: string }): boolean {
  const { devices, ports, functions, vendor } = host.state;
  if (kind === 'device' || kind === 'bridge') return devices.some((one) => one.name === name);
  if (kind === 'ovs-port') return ports.some((one) => one.name === name);
  return kind === 'binding' ? vendor.length > 0 : Object.keys(functions).length > 0;
}

/** The command does not end by itself; what it was given as deadline is kept. */
function hanging(host: ModelHost, at: number, onHang: () => void) {
  let count = 0;
  const deadlines: (number | undefined)[] = [];
  const exec: Exec = (file, args, options = {}) => {
    if (++count !== at) return host.exec(file, args, options);
    const { signal, timeoutMs } = options;
    deadlines.push(timeoutMs);
    return new Promise((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      onHang();
    });
  };
  return { exec, deadlines };
}
