import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Connection, connect, type Domain, LibvirtError } from '../../src/index.ts';
import { boot, openTerminal } from '../every-call/boot.ts';
import { fakeAgent } from '../every-call/fake-agent.ts';
import { walk } from '../every-call/walk.ts';
import { privateNetwork } from '../every-call/whole-walk.ts';
import { type World, world } from '../every-call/world.ts';
import { labObstacle, startLibvirt, tinyGuest } from '../lab.ts';

if (labObstacle) process.stderr.write(`skipped, a real guest: ${labObstacle}\n`);

describe.skipIf(labObstacle)('a guest that answers', () => {
  const undo = new AsyncDisposableStack();
  let conn: Connection;
  let w: World;
  let guest: Domain;

  beforeAll(async () => {
    startLibvirt();
    const tiny = tinyGuest();
    conn = undo.use(await connect('qemu:///system'));
    const network = await privateNetwork(conn);
    undo.defer(() => network.destroy());
    w = undo.use(await world(conn, walk(conn.rpc, 0), { driver: 'qemu', tiny, network: network.name }));
    undo.use(await fakeAgent(`${w.directory}/agent`));
    guest = await w.running();
    await boot(guest);
  });
  afterAll(() => undo.disposeAsync());

  test('talks on a channel in both directions, by Node’s streams and by those of the Web', async () => {
    const signal = AbortSignal.timeout(60_000);
    const terminal = await openTerminal(guest, signal);
    const find = 'for p in /sys/class/virtio-ports/*; do grep -q walk $p/name && port=/dev/${p##*/}; done';
    // While nobody is at the other end, a port reads as ended.
    const answer = 'while true; do if read -r line <&4; then echo "guest $line" >&4; else sleep 1; fi; done';
    await terminal.run(`${find}; (${answer}) 4<>$port &`);
    terminal.close();

    const channel = await guest.channel('org.spawnkit.walk');
    channel.write('hears\n');
    expect(String(await once(channel, 'data', { signal }))).toBe('guest hears\n');
    await expect(guest.channel('org.spawnkit.walk')).rejects.toThrow(LibvirtError);
    channel.end();
    await once(channel.resume(), 'close');

    const { readable, writable } = Duplex.toWeb(await guest.channel('org.spawnkit.walk', { force: true }));
    const writer = writable.getWriter();
    await writer.write(Buffer.from('web\n'));
    const { value } = await readable.getReader().read();
    expect(Buffer.from(value as Uint8Array).toString()).toBe('guest web\n');
    await writer.close();
  });

  test('tells by its agent what it is, and takes orders', async () => {
    const { agent } = guest;
    const info = await agent.info({ types: ['OS', 'HOSTNAME', 'FILESYSTEM'] });
    expect(info).toMatchObject({ 'os.name': 'Tiny', hostname: 'walked', 'fs.0.mountpoint': '/' });
    expect(await agent.hostname()).toBe('walked');
    expect(await agent.time()).toEqual({ seconds: 1_700_000_000n, nanoseconds: 0 });
    await agent.setTime({ seconds: 1n, nanoseconds: 0 });
    expect(await agent.filesystems()).toEqual([{ mountpoint: '/', name: 'vda', type: 'ext4', devices: [] }]);
    expect([await agent.freeze(), await agent.thaw()]).toEqual([1, 1]);
    await agent.trim();
    await agent.setUserPassword('root', 'secret');
    await agent.setResponseTimeout(10);
    expect(await agent.command({ execute: 'guest-get-vcpus' })).toHaveLength(2);
    await expect(agent.command({ execute: 'no-such-command' })).rejects.toThrow(LibvirtError);
    expect(await guest.interfaceAddresses('AGENT')).toMatchObject([{ name: 'eth0' }]);
  });

  test('is saved by libvirt, and goes on where it was', async () => {
    await guest.managedSave.create();
    expect(await guest.managedSave.exists()).toBe(true);
    expect(await guest.managedSave.xml()).toContain(guest.uuid);
    await guest.start();
    expect(await guest.state()).toEqual({ state: 'RUNNING', reason: 'RESTORED' });
  });
});
