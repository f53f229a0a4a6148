import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../../..');
const lab = process.env['SPAWNKIT_LAB'] ?? join(root, '.lab');
const obstacle = process.getuid?.() === 0 ? undefined : 'user-mode Linux is started by root';
const long = { timeout: 400_000 };
if (obstacle) process.stderr.write(`skipped, VLANs and limits of a real kernel: ${obstacle}\n`);

/** Its kernel has what the lab's own lacks: VLANs, and what shapes traffic. */
describe.skipIf(obstacle)('in user-mode Linux', () => {
  beforeAll(() => {
    execFileSync(join(root, 'tooling/setup/debian'), ['base', 'uml'], { timeout: 600_000, stdio: 'ignore' });
  }, 700_000);

  async function inUml(script: string, memoryMiB: number): Promise<unknown> {
    const machine = ['--memory', String(memoryMiB), '--seconds', '380'];
    const command = [process.execPath, join(import.meta.dirname, '../uml', script), join(lab, 'uml/modules')];
    const run = promisify(execFile);
    const { stdout } = await run(join(root, 'tooling/lab/uml/run'), [...machine, '--', ...command], { cwd: root });
    return JSON.parse(stdout);
  }

  test(
    'a bridge over a VLAN reaches it; device and bridge go with their last VIF; a macvtap has its own',
    long,
    async () => {
      const seen = (await inUml('vlan-cases.ts', 512)) as Readonly<Record<string, readonly unknown[]>>;
      const uplink = { name: 'up0', kind: 'veth', up: true };
      expect(seen['before']).toEqual([uplink]);
      const plugged = [
        uplink,
        { name: 'vlan99', kind: 'vlan', master: 'br-test', below: 'up0', vlan: 99, up: true },
        { name: 'br-test', kind: 'bridge', up: true },
      ];
      for (const step of ['plugged', 'again', 'shared']) expect(seen[step], step).toEqual(plugged);
      expect(seen['reached']).toBe('hello');
      expect(seen['left']).toEqual([uplink]);
      expect(seen['source']).toEqual([uplink, { name: 'up0.7', kind: 'vlan', below: 'up0', vlan: 7, up: true }]);
      expect(seen['end']).toEqual([uplink]);
    },
  );

  test('libvirt limits the device of a guest on a bridge of ours, both ways', long, async () => {
    const { towards, from, left } = (await inUml('bandwidth-cases.ts', 1024)) as Readonly<Record<string, string>>;
    // 100, 200 and 300 KiB, and 10 KiB the other way.
    expect(towards).toMatch(/htb 1:1 root .*rate 800Kbit ceil 1600Kbit burst 300Kb/);
    expect(from).toMatch(/police .*rate 80Kbit burst 30Kb/);
    expect(left).toBe('');
  });
});
