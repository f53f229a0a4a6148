import { execFileSync } from 'node:child_process';
import { connect as connectSocket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenedClient, openClient } from '../../src/client/open-client.ts';
import type { RpcClient, StreamPacket } from '../../src/client/rpc-client.ts';
import { LibvirtError } from '../../src/errors.ts';
import { ConnectFlags, TypedParameterType } from '../../src/generated/enums.gen.ts';
import { domainEvents } from '../../src/generated/events.gen.ts';
import { uuidBytes } from '../../src/objects/uuid.ts';
import * as rpc from '../../src/rpc.ts';
import { decodeBody } from '../../src/xdr/codec.ts';
import { labObstacle, startLibvirt, testDomain } from '../lab.ts';

const SOCKET = '/var/run/libvirt/libvirt-sock';
const URI = 'test:///default';

if (labObstacle) process.stderr.write(`skipped, calls to a real daemon: ${labObstacle}\n`);

describe.skipIf(labObstacle)('a real daemon', () => {
  let opened: OpenedClient;
  let client: RpcClient;
  /** The domain that every test driver begins with. */
  let dom: rpc.RemoteNonnullDomain;

  beforeAll(async () => {
    startLibvirt();
    opened = await openClient(URI);
    client = opened.client;
    dom = (await client.call(rpc.domainLookupByName, { name: 'test' })).dom;
  });
  afterAll(() => client?.[Symbol.asyncDispose]());

  test('is opened with the URI and tells its release', async () => {
    expect(opened.libVersion).toBeGreaterThanOrEqual(9_000_000);
    expect(await client.call(rpc.connectGetUri, undefined)).toEqual({ uri: URI });
    expect(await client.call(rpc.connectGetType, undefined)).toEqual({ type: 'TEST' });
  });

  test('answers calls of every kind of body, each read to its last byte', async () => {
    const net = (await client.call(rpc.networkLookupByName, { name: 'default' })).net;
    const pool = (await client.call(rpc.storagePoolLookupByName, { name: 'default-pool' })).pool;
    const all = { needResults: 1, flags: 0 };
    const answers = [
      client
        .call(rpc.nodeGetInfo, undefined)
        .then(({ model, memory }) => expect([model.length, typeof memory]).toEqual([32, 'bigint'])),
      client.call(rpc.nodeGetCellsFreeMemory, { startCell: 0, maxcells: 2 }),
      client.call(rpc.nodeGetCpuMap, { needMap: 1, needOnline: 1, flags: 0 }),
      client.call(rpc.connectListAllDomains, all),
      client.call(rpc.connectListAllNetworks, all),
      client.call(rpc.connectListAllInterfaces, all),
      client.call(rpc.connectListAllStoragePools, all),
      client.call(rpc.connectListAllNodeDevices, all),
      client
        .call(rpc.connectGetCapabilities, undefined)
        .then(({ capabilities }) => expect(capabilities).toMatch(/^<capabilities>/)),
      client.call(rpc.connectGetAllDomainStats, { doms: [], stats: 0, flags: 0 }),
      client.call(rpc.domainGetInfo, { dom }),
      client.call(rpc.domainGetState, { dom, flags: 0 }),
      client.call(rpc.domainGetXmlDesc, { dom, flags: 0 }),
      client.call(rpc.domainGetVcpus, { dom, maxinfo: 4, maplen: 2 }),
      client.call(rpc.domainGetMaxMemory, { dom }),
      client.call(rpc.domainGetTime, { dom, flags: 0 }),
      client.call(rpc.domainGetFsinfo, { dom, flags: 0 }),
      client.call(rpc.domainInterfaceAddresses, { dom, source: 0, flags: 0 }),
      client.call(rpc.networkGetXmlDesc, { net, flags: 0 }),
      client.call(rpc.networkGetDhcpLeases, { net, needResults: 1, flags: 0 }),
      client.call(rpc.storagePoolGetInfo, { pool }),
      client.call(rpc.storagePoolListAllVolumes, { pool, ...all }),
    ];
    for (const answer of await Promise.allSettled(answers)) {
      // The test driver does not do everything; what it says about that must be readable, too.
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ name: 'UnsupportedError' });
    }
    const done = (await Promise.allSettled(answers)).filter(({ status }) => status === 'fulfilled');
    expect(done.length).toBeGreaterThanOrEqual(18);
  });

  test('says what it cannot find, with the stack of the caller', async () => {
    async function lookUp() {
      return await client.call(rpc.domainLookupByUuid, { uuid: uuidBytes('00000000-0000-0000-0000-00000000beef') });
    }
    const error = await lookUp().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'NotFoundError', codeName: 'NO_DOMAIN', domainName: 'TEST' });
    expect(error).toMatchObject({ message: expect.stringContaining('00000000-0000-0000-0000-00000000beef') });
    expect((error as Error).stack).toContain('lookUp');
  });

  test.each([
    ['a procedure', { ...rpc.connectGetType, number: 9999 }],
    ['a program', { ...rpc.connectGetType, program: 0x1234 }],
  ])('says that it does not know %s as UnsupportedError', async (_, procedure) => {
    await expect(client.call(procedure, undefined)).rejects.toMatchObject({
      name: 'UnsupportedError',
      codeName: 'NO_SUPPORT',
    });
    expect(await client.call(rpc.connectGetType, undefined)).toEqual({ type: 'TEST' });
  });

  test('says that it cannot read arguments, and the connection lives on', async () => {
    const broken = { ...rpc.domainLookupByName, args: rpc.connectGetType.args };
    await expect(client.call(broken, undefined)).rejects.toMatchObject({
      codeName: 'RPC',
      message: expect.stringContaining('decode'),
    });
    expect(await client.call(rpc.connectGetType, undefined)).toEqual({ type: 'TEST' });
  });

  test('answers a thousand pipelined calls, each to its caller', async () => {
    const names = Array.from({ length: 1000 }, (_, i) => `nobody-${i}`);
    const errors = await Promise.all(
      names.map((name) =>
        client.call(rpc.domainLookupByName, { name }).catch((error: LibvirtError) => error.procedure + error.message),
      ),
    );
    expect(errors).toEqual(names.map((name) => expect.stringContaining(`of "${name}" failed`)));
  });

  test('goes on after aborted calls', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const calls = Array.from({ length: 200 }, () => client.call(rpc.connectGetCapabilities, undefined, { signal }));
    setImmediate(() => controller.abort(new Error('enough')));
    const reasons = (await Promise.allSettled(calls)).flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(reasons.length).toBeGreaterThan(100);
    expect(new Set(reasons)).toEqual(new Set([signal.reason]));
    expect(await client.call(rpc.connectGetType, undefined)).toEqual({ type: 'TEST' });
  });

  test('sends string parameters because the client asks for them, and as many as it counts', async () => {
    const { nparams } = await client.call(rpc.domainGetNumaParameters, { dom, nparams: 0, flags: 0 });
    const { params } = await client.call(rpc.domainGetNumaParameters, { dom, nparams, flags: 0 });
    expect(params).toHaveLength(nparams);
    expect(params.map(({ value }) => value.type)).toContain(TypedParameterType.STRING);
  });

  test('sends an event under the callback id of its registration', async () => {
    const { number, codec, id = 0 } = domainEvents.lifecycle;
    const { xml, name } = testDomain();
    const ours: rpc.RemoteDomainEventCallbackLifecycleMsg[] = [];
    // The daemon forgets events that it has not sent when they are deregistered, so both are waited for.
    const both = new Promise<void>((resolve) => {
      client.onEvent(({ procedure, payload }) => {
        if (procedure !== number) return;
        const body = decodeBody(codec, payload);
        if (body.msg.dom.name === name) ours.push(body);
        if (ours.length === 2) resolve();
      });
    });
    const { callbackID } = await client.call(rpc.connectDomainEventCallbackRegisterAny, { eventID: id });
    const defined = (await client.call(rpc.domainDefineXmlFlags, { xml, flags: 0 })).dom;
    await client.call(rpc.domainUndefineFlags, { dom: defined, flags: 0 });
    await both;
    await client.call(rpc.connectDomainEventCallbackDeregisterAny, { callbackID });
    expect(ours.map((body) => [body.callbackID, body.msg.event])).toEqual([
      [callbackID, 0],
      [callbackID, 1],
    ]);
  }, 20_000);

  test('streams a screenshot to its end, or until it is given up', async () => {
    const { ret, stream } = await client.openStream(rpc.domainScreenshot, { dom, screen: 0, flags: 0 });
    expect(ret.mime).toBe('image/png');
    const chunks: Uint8Array[] = [];
    await new Promise<void>((resolve, reject) => {
      stream.onPacket((packet: StreamPacket) => {
        if (packet.type === 'data') chunks.push(packet.data);
        if (packet.type === 'end') resolve();
        if (packet.type === 'error') reject(packet.error);
      });
    });
    await stream.finish();
    expect(Buffer.concat(chunks).subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
    const other = await client.openStream(rpc.domainScreenshot, { dom, screen: 0, flags: 0 });
    await other.stream.abort();
    expect(await client.call(rpc.connectGetType, undefined)).toEqual({ type: 'TEST' });
  });

  test('refuses to change anything over a read-only connection', async () => {
    const { client: reader } = await openClient(URI, { readonly: true });
    try {
      await expect(reader.call(rpc.domainSuspend, { dom })).rejects.toMatchObject({
        name: 'AccessDeniedError',
        codeName: 'OPERATION_DENIED',
      });
    } finally {
      await reader[Symbol.asyncDispose]();
    }
    expect(ConnectFlags.RO).toBe(1);
  });

  test('answers the client’s signs of life and hears its own answered', async () => {
    const { client: idle } = await openClient(URI, { keepalive: { intervalMs: 100, count: 1 } });
    // Longer than the 5 s after which the daemon itself asks.
    await delay(6500);
    expect(await idle.call(rpc.connectGetType, undefined)).toEqual({ type: 'TEST' });
    await idle[Symbol.asyncDispose]();
    expect(await idle.closed).toBeUndefined();
  });

  test('refuses a URI that it does not serve, and nothing stays open', async () => {
    await expect(openClient(`nosuch+unix:///?socket=${SOCKET}`)).rejects.toBeInstanceOf(LibvirtError);
  });

  test('ends a connection whose frames are too long, which the client reports as lost', async () => {
    const socket = connectSocket(SOCKET);
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.write(Buffer.from('7fffffff', 'hex'));
    await new Promise((resolve) => socket.once('close', resolve));
  });

  test('lets a process end by itself once its connection is disposed of', () => {
    const module = new URL('../../src/client/open-client.ts', import.meta.url).href;
    const script = `
      const { openClient } = await import(${JSON.stringify(module)});
      const { client } = await openClient(${JSON.stringify(URI)});
      await client[Symbol.asyncDispose]();
      console.log(process.getActiveResourcesInfo().filter((name) => !/^(TTYWrap|PipeWrap|Immediate)$/.test(name)));`;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect(output.trim()).toBe('[]');
  });
});
