import { describe, expect, test } from 'vitest';
import { noUml } from '../../../../tooling/lab/uml/run-in-uml.ts';
import { scriptInUml } from '../uml/script-in-uml.ts';

if (noUml) process.stderr.write(`skipped, limits of a real kernel: ${noUml}\n`);

describe.skipIf(noUml)('in user-mode Linux', () => {
  test('libvirt limits the device of a guest on a bridge of ours, both ways', { timeout: 1_000_000 }, async () => {
    const seen = (await scriptInUml('bandwidth-cases.ts', 1024)) as Readonly<Record<string, string>>;
    // 100, 200 and 300 KiB, and 10 KiB the other way.
    expect(seen['towards']).toMatch(/htb 1:1 root .*rate 800Kbit ceil 1600Kbit burst 300Kb/);
    expect(seen['from']).toMatch(/police .*rate 80Kbit burst 30Kb/);
    expect(seen['left']).toBe('');
  });
});
