import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@spawnkit/effects';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Host, openHost } from '../host.ts';
import { type EventServer, serveEvents, type ServeEventsOptions } from './serve-events.ts';
import { readSettings } from '../settings.ts';

const known = '6d5f2a3e-8c0b-4f6e-9a51-2f4d3b1c0a99';
const unknown = '11111111-2222-4333-8444-555555555555';
const event = { name: 'network-vif-plugged', server_uuid: known, tag: 'port-1', status: 'completed' };

let directory: string;
let host: Host;
const open: AsyncDisposable[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spawner-events-'));
  const flags = { statePath: directory };
  host = openHost({ settings: await readSettings({ env: {}, uid: 1000, flags, configFile: '/dev/null' }) });
  await mkdir(host.paths.journal);
  await writeFile(join(host.paths.journal, `${known}.jsonl`), '');
});
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

async function serve(options: Partial<ServeEventsOptions> = {}): Promise<EventServer> {
  const server = await serveEvents(host, { address: '127.0.0.1', port: 0, ...options });
  open.push(server);
  return server;
}

async function post(url: string, body: unknown, init: RequestInit = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const headers = { 'content-type': 'application/json', ...(init.headers as Record<string, string> | undefined) };
  const response = await fetch(url, { method: 'POST', ...init, body: text, headers });
  return { status: response.status, body: await response.json() };
}

test('events of instances of this host are taken, one by one answered, and kept for whoever waits next', async () => {
  const { url } = await serve();
  expect(await post(url, { events: [event] })).toEqual({ status: 200, body: { events: [{ ...event, code: 200 }] } });
  const foreign = { ...event, server_uuid: unknown };
  expect(await post(url, { events: [event, foreign] })).toMatchObject({
    status: 207,
    body: { events: [{ code: 200 }, { code: 404, status: 'failed' }] },
  });
  expect(await post(url, { events: [foreign] })).toMatchObject({ status: 404, body: { itemNotFound: { code: 404 } } });
  expect(await readdir(host.paths.events)).toEqual([expect.stringMatching(new RegExp(`^${known}\\..*\\.event$`))]);
});

test('the address may have Nova’s version and project', async () => {
  const { url } = await serve();
  for (const path of ['/v2.1/os-server-external-events', '/v2.1/0123456789abcdef/os-server-external-events'])
    expect((await post(new URL(path, url).href, { events: [event] })).status).toBe(200);
  expect(await post(new URL('/v2.1/servers', url).href, {})).toMatchObject({ status: 404 });
});

test.each([
  ['no JSON', '{', 400],
  ['not what the schema wants', { events: [{ ...event, name: 'reboot' }] }, 400],
  ['too large', { events: [event], padding: 'x'.repeat(200_000) }, 413],
])('a body that is %s is refused', async (_, body, status) => {
  const { url } = await serve();
  expect((await post(url, body)).status).toBe(status);
  // The server lives.
  expect((await post(url, { events: [event] })).status).toBe(200);
});

test('other methods and types are refused: a page in a browser can send none of these', async () => {
  const { url } = await serve();
  expect((await fetch(url)).status).toBe(405);
  expect(await post(url, { events: [event] }, { headers: { 'content-type': 'text/plain' } })).toMatchObject({
    status: 415,
  });
});

test('a token is asked for where there is one, and needed where others can connect', async () => {
  await expect(serve({ address: '0.0.0.0' })).rejects.toMatchObject({
    code: 'USAGE',
    fix: expect.stringContaining('--token-file') as string,
  });
  const { url } = await serve({ token: new Secret('s3cret') });
  expect((await post(url, { events: [event] })).status).toBe(401);
  expect((await post(url, { events: [event] }, { headers: { 'x-auth-token': 's3cre!' } })).status).toBe(401);
  expect((await post(url, { events: [event] }, { headers: { 'x-auth-token': 's3cret' } })).status).toBe(200);
});

test('a port that somebody has is named', async () => {
  const { url } = await serve();
  const port = Number(new URL(url).port);
  await expect(serve({ port })).rejects.toMatchObject({ code: 'HOST_NOT_READY', context: { port } });
});

test('leaving it ends connections that are open', async () => {
  const server = await serve();
  const hanging = request(server.url, { method: 'POST', headers: { 'content-type': 'application/json' } });
  const ended = new Promise((resolve) => hanging.on('error', resolve).on('close', resolve));
  hanging.flushHeaders();
  await new Promise((resolve) => setTimeout(resolve, 50));
  await open.pop()?.[Symbol.asyncDispose]();
  await ended;
});
