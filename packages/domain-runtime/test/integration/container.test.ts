import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostExec } from '@spawnkit/effects';
import type { Connection } from '@spawnkit/libvirt';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { connectHost } from '../../src/connect-host.ts';
import { defineDomain, undefineDomain } from '../../src/define.ts';
import { watchDomain } from '../../src/domain-watch.ts';
import { destroyDomain, launchDomain } from '../../src/launch.ts';
import { releaseLxcRoot, setUpLxcRoot, tearDownLxcRoot } from '../../src/lxc-root.ts';
import { domainState } from '../../src/observe.ts';
import { type ContainerHost, openContainerHost } from '../containers/container-host.ts';
import { containerAddress, containerXml, makeContainerRoot } from '../containers/tiny-container.ts';
import { openTiny } from '../tiny-domain.ts';

const repository = join(import.meta.dirname, '../../../..');
const obstacle = process.getuid?.() === 0 ? undefined : 'containers of libvirt need root';
if (obstacle) process.stderr.write(`skipped, a container: ${obstacle}\n`);

describe.skipIf(obstacle)('a container of libvirt’s LXC driver', () => {
  let host: ContainerHost;
  let conn: Connection;
  let directory: string;
  const uuid = randomUUID();
  const name = `spawnkit-lxc-${uuid.slice(0, 8)}`;

  beforeAll(async () => {
    await hostExec()(join(repository, 'tooling/setup/debian'), ['base', 'lxc'], { timeoutMs: 600_000 });
    directory = await mkdtemp(join(tmpdir(), 'spawnkit-lxc-'));
    await makeContainerRoot(join(directory, 'root'), join(await openTiny(), 'parts/busybox'));
    host = await openContainerHost();
    conn = await connectHost(host.uri);
  }, 700_000);
  afterAll(async () => {
    if (conn) {
      await destroyDomain(conn, uuid);
      await undefineDomain(conn, uuid);
    }
    await conn?.[Symbol.asyncDispose]();
    await host?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });

  const ask = `fetch('http://${containerAddress}/').then((answer) => answer.text()).then(console.log)`;
  const page = async () => (await host.exec(process.execPath, ['-e', ask], { timeoutMs: 10_000 })).stdout;
  const devices = async () => (await host.exec('ip', ['-brief', 'link', 'show'])).stdout.match(/^[^\s@]+/gm);
  const processes = async () => (await hostExec()('pgrep', ['-f', name], { okExitCodes: [0, 1] })).stdout;

  test('runs on a root of ours, answers, and leaves nothing when it is ended', async () => {
    const before = await devices();
    const options = { target: join(directory, 'mounted'), exec: host.exec };
    const root = await setUpLxcRoot({ type: 'directory', path: join(directory, 'root') }, options);
    const domain = await defineDomain(conn, containerXml({ name, uuid, root, bridge: host.bridge }));
    await using watch = await watchDomain(conn, uuid);
    await launchDomain(domain);
    await watch.until('RUNNING', { timeoutMs: 30_000 });
    await releaseLxcRoot(options);
    await vi.waitFor(async () => expect(await page()).toBe(`process 1 of ${name}\n\n`), { timeout: 30_000 });
    expect(await devices()).toHaveLength((before?.length ?? 0) + 1);
    for (const _ of [1, 2]) await destroyDomain(conn, uuid);
    await watch.until('SHUTOFF', { timeoutMs: 10_000 });
    expect([await devices(), await processes()]).toEqual([before, '']);
    for (const _ of [1, 2]) await undefineDomain(conn, uuid);
    expect(await domainState(conn, uuid)).toMatchObject({ state: 'ABSENT' });
    await tearDownLxcRoot(options);
  });
});
