import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLab, root, type Tiny } from './lab.ts';
import { specOf, uniqueName } from './workspace.ts';

const isRoot = process.getuid?.() === 0;
if (!isRoot) process.stderr.write('skipped, an ordinary user: only root can become another user\n');
/** `nobody`, given a home: the daemon looks its user up, so it must have a record. */
const USER = 65_534;
/** Of the host; above those that the kernel hands out. */
const PORT = 61_000 + (process.pid % 4000);

let tiny: Tiny;
let home: string;
beforeAll(async () => {
  tiny = openLab();
  // Short: the path of a socket has at most 107 bytes.
  home = await mkdtemp('/var/tmp/sk-');
  await chown(home, USER, USER);
  await chmod(home, 0o755);
});
afterAll(async () => {
  endDaemons();
  await rm(home, { recursive: true, force: true });
});

test.skipIf(!isRoot)('an ordinary user gets a guest from a session daemon that starts by itself', async () => {
  const name = uniqueName('session');
  const spec = join(home, 'spec.yaml');
  await writeFile(spec, specOf(name, tiny, `networks: [{ user: true }]\nports: ["${PORT}:80"]`));
  await writeFile(join(home, 'spawner.yaml'), 'tcgTbCacheMib: 64\n');
  const launched = await asUser('launch', spec, '--wait-for', 'TINY-READY');
  expect(launched.code, launched.stderr).toBe(0);
  const { stdout } = await asUser('logs', name);
  expect(stdout).toContain(`TINY-IMAGE ${tiny.marker}`);
  expect(stdout).toMatch(/TINY-NET eth0 10\.0\.2\.15/);
  expect((await asUser('list')).stdout).toMatch(/RUNNING/);
  // The guest's web server, through the port that leads there.
  const response = await fetch(`http://127.0.0.1:${PORT}/`);
  expect(response.status).toBeGreaterThanOrEqual(200);
  await response.body?.cancel();
  const deleted = await asUser('delete', name);
  expect(deleted.code, deleted.stderr).toBe(0);
  expect(readdirSync(join(home, '.local/state/spawnkit/journal'))).toEqual([]);
  expect(readdirSync(join(home, '.local/state/spawnkit/instances')).filter((one) => /^[0-9a-f]{8}-/.test(one))).toEqual(
    [],
  );
});

async function asUser(...args: readonly string[]) {
  const command = [
    process.execPath,
    join(root, 'apps/spawner/dist/cli.js'),
    '--config',
    join(home, 'spawner.yaml'),
    ...args,
  ];
  const child = spawn('setpriv', [`--reuid=${USER}`, `--regid=${USER}`, '--clear-groups', ...command], {
    env: { HOME: home, PATH: process.env['PATH'] ?? '', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: home,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** The session daemons would stay for two minutes more. Others may run as the same user: ours have our home. */
function endDaemons(): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const environment = readFileSync(join('/proc', pid, 'environ'), 'utf8').split('\0');
      if (environment.includes(`HOME=${home}`)) process.kill(Number(pid));
    } catch {
      // It ended by itself.
    }
  }
}
