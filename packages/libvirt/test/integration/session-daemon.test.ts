import { execFileSync } from 'node:child_process';
import { chownSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

/** An ordinary user of every Debian, who has no daemon and no home. */
const NOBODY = { uid: 65_534, gid: 65_534 };

function obstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can become another user for a test';
  return existsSync('/usr/sbin/libvirtd') ? undefined : '/usr/sbin/libvirtd is missing';
}

if (obstacle()) process.stderr.write(`skipped, session daemon: ${obstacle()}\n`);

describe.skipIf(obstacle())('an ordinary user without a daemon', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'libvirt-session-'));
    // A checkout may lie where other users cannot look.
    cpSync(join(import.meta.dirname, '../../src'), join(directory, 'src'), { recursive: true });
    cpSync(process.execPath, join(directory, 'node'));
    chownSync(directory, NOBODY.uid, NOBODY.gid);
  });
  afterEach(async () => {
    await endDaemon(join(directory, 'libvirt/libvirtd.pid'));
    rmSync(directory, { recursive: true, force: true });
  });

  test('gets one by connecting, even when two connect at the same time', () => {
    const script = `
      const { openClient } = await import(${JSON.stringify(join(directory, 'src/client/open-client.ts'))});
      const opened = await Promise.all([openClient('test:///default'), openClient('test:///default')]);
      for (const { client, libVersion } of opened) {
        console.log(libVersion);
        await client[Symbol.asyncDispose]();
      }`;
    const output = execFileSync(join(directory, 'node'), ['--input-type=module', '-e', script], {
      ...NOBODY,
      cwd: directory,
      env: { PATH: '/usr/bin:/bin', HOME: directory, XDG_RUNTIME_DIR: directory, XDG_CACHE_HOME: directory },
      encoding: 'utf8',
      timeout: 60_000,
    });
    const [one, other] = output.trim().split('\n').map(Number);
    expect(one).toBeGreaterThanOrEqual(9_000_000);
    expect(other).toBe(one);
  });
});

async function endDaemon(pidFile: string): Promise<void> {
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8'));
  process.kill(pid);
  while (existsSync(`/proc/${pid}/exe`)) await delay(20);
}
