import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manualClock } from '@spawnkit/effects/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createEventWaiter, type EventWaiter } from '../event-waiter.ts';
import { clearEventPost, postEvent, receiveEvents, removeExpiredEvents } from './event-post.ts';

const uuid = '6d5f2a3e-8c0b-4f6e-9a51-2f4d3b1c0a99';
const other = '11111111-2222-4333-8444-555555555555';
const plugged = (tag: string, status = 'completed') => ({
  instanceUuid: uuid,
  name: 'network-vif-plugged',
  tag,
  status,
});
const awaited = (tag: string) => ({ name: 'network-vif-plugged', tag });

let root: string;
let directory: string;
let events: EventWaiter;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'spawnkit-post-'));
  directory = join(root, 'events');
  events = createEventWaiter();
});
afterEach(() => rm(root, { recursive: true }));

const receive = (more: Partial<Parameters<typeof receiveEvents>[0]> = {}) =>
  receiveEvents({ directory, instanceUuid: uuid, events, ...more });
const post = (event: Parameters<typeof postEvent>[0]) => postEvent(event, { directory });
const names = async () => (await readdir(directory)).map((name) => name.replace(/\.[0-9a-f]{32}\./, '.*.')).sort();

test('an event that comes in time is taken by whoever awaits it', async () => {
  using expectation = events.expect(uuid, [awaited('a')]);
  await using _ = await receive();
  expect(await post(plugged('a'))).toBe('awaited');
  await expectation.wait({ timeoutMs: 1000 });
});

test('an event that comes early is kept, and found by whoever listens next, once', async () => {
  expect(await post(plugged('a', 'failed'))).toBe('kept');
  expect(await post(plugged('a'))).toBe('kept');
  expect(await names()).toEqual([`${uuid}.*.event`]);
  using expectation = events.expect(uuid, [awaited('a')]);
  {
    await using _ = await receive();
    await expectation.wait({ timeoutMs: 1000 });
    expect(await names()).toEqual([`${uuid}.sock`]);
  }
  expect(await names()).toEqual([]);
});

test('an event that comes late is kept, and expires by the wall clock; so does one from a clock that was set back', async () => {
  const clock = manualClock(1_000_000);
  for (const moved of [1001, -1001]) {
    await postEvent(plugged('a'), { directory, clock, keepMs: 1000 });
    const later = manualClock(clock.now() + moved);
    using expectation = events.expect(uuid, [awaited('a')]);
    await using _ = await receive({ clock: later, keepMs: 1000 });
    expect(expectation.missing).toEqual([awaited('a')]);
    expect(await names()).toEqual([`${uuid}.sock`]);
  }
});

test('expired events are removed when somebody asks, and fresh ones stay', async () => {
  const clock = manualClock(1_000_000);
  await postEvent(plugged('a'), { directory, clock, keepMs: 1000 });
  const later = manualClock(clock.now() + 600);
  await postEvent(plugged('b'), { directory, clock: later, keepMs: 1000 });
  const options = { directory, clock: manualClock(clock.now() + 1001), keepMs: 1000 };
  expect(await removeExpiredEvents({ ...options, dryRun: true })).toHaveLength(1);
  expect(await names()).toHaveLength(2);
  expect(await removeExpiredEvents(options)).toHaveLength(1);
  expect(await names()).toHaveLength(1);
  expect(await removeExpiredEvents({ ...options, directory: `${directory}/missing` })).toEqual([]);
});

test('duplicates and strangers are heard and change nothing, and are not kept', async () => {
  using expectation = events.expect(uuid, [awaited('a'), awaited('b')]);
  await using _ = await receive();
  expect(await post(plugged('a'))).toBe('awaited');
  expect(await post(plugged('a', 'failed'))).toBe('awaited');
  expect(await post({ ...plugged('b'), name: 'network-changed' })).toBe('unawaited');
  expect(expectation.missing).toEqual([awaited('b')]);
  expect(await post({ ...plugged('b'), instanceUuid: other })).toBe('kept');
  expect(await names()).toEqual([`${other}.*.event`, `${uuid}.sock`]);
});

test('a failed event ends the wait, whether it came early or in time', async () => {
  await post(plugged('a', 'failed'));
  using early = events.expect(uuid, [awaited('a')]);
  await using _ = await receive();
  await expect(early.wait({ timeoutMs: 1000 })).rejects.toMatchObject({ code: 'EVENT_FAILED' });
  using inTime = events.expect(uuid, [awaited('b')]);
  const waiting = inTime.wait({ timeoutMs: 5000 });
  await Promise.all([
    expect(waiting).rejects.toMatchObject({ code: 'EVENT_FAILED' }),
    expect(post(plugged('b', 'failed'))).resolves.toBe('awaited'),
  ]);
});

test('whoever begins to listen while an event is being kept gets it', async () => {
  for (let round = 0; round < 20; round++) {
    using expectation = events.expect(uuid, [awaited(`port-${round}`)]);
    const posting = post(plugged(`port-${round}`));
    await using _ = await receive();
    await posting;
    await expectation.wait({ timeoutMs: 2000 });
    expect(await names()).toEqual([`${uuid}.sock`]);
  }
});

test('directory and socket are open to this user alone, and the directory’s path may be long', async () => {
  directory = join(root, 'x'.repeat(120), 'events');
  using expectation = events.expect(uuid, [awaited('a')]);
  await using _ = await receive();
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  expect((await stat(join(directory, `${uuid}.sock`))).mode & 0o777).toBe(0o600);
  expect(await post(plugged('a'))).toBe('awaited');
  await expectation.wait({ timeoutMs: 1000 });
});

test('a second process that wants the events is told so; a dead one is no obstacle', async () => {
  {
    await using _ = await receive();
    await expect(receive()).rejects.toMatchObject({ code: 'EVENTS_BUSY' });
    // The first one still listens.
    using expectation = events.expect(uuid, [awaited('a')]);
    await post(plugged('a'));
    await expectation.wait({ timeoutMs: 1000 });
  }
  await writeFile(join(directory, `${uuid}.sock`), '');
  await using _ = await receive();
  expect(await names()).toEqual([`${uuid}.sock`]);
});

test('a listener that dies before it answers leaves the event to be kept', async () => {
  await mkdir(directory);
  const dying = createServer((socket) => socket.destroy());
  dying.listen(join(directory, `${uuid}.sock`));
  await once(dying, 'listening');
  try {
    expect(await post(plugged('a'))).toBe('kept');
  } finally {
    dying.close();
  }
});

test('what is no event is answered with what is wrong, and what has no end is hung up on', async () => {
  await using _ = await receive();
  expect(await say('{"name":"x"}\n')).toMatch(/instanceUuid/);
  expect(await say('no json\n')).toMatch(/error/);
  expect(await say('x'.repeat(10_000))).toBe('');
  await expect(post({ ...plugged('a'), status: 'done' })).rejects.toMatchObject({ code: 'INVALID_EVENT' });
});

test('kept files that are none of ours, torn or foreign, are passed over', async () => {
  await mkdir(directory);
  await writeFile(join(directory, `${uuid}.0123.event`), '{"keptAt":');
  await writeFile(join(directory, `${uuid}.4567.event`), JSON.stringify({ keptAt: Date.now(), event: { name: 1 } }));
  await writeFile(join(directory, 'note'), 'mine');
  await using _ = await receive();
  expect(await names()).toEqual([`${uuid}.sock`, 'note']);
  expect(await readFile(join(directory, 'note'), 'utf8')).toBe('mine');
});

test('clearEventPost removes what is left for one instance, and can be repeated', async () => {
  await clearEventPost(uuid, { directory });
  await post(plugged('a'));
  await post({ ...plugged('a'), instanceUuid: other });
  await writeFile(join(directory, `${uuid}.sock`), '');
  await clearEventPost(uuid, { directory });
  await clearEventPost(uuid, { directory });
  expect(await names()).toEqual([`${other}.*.event`]);
});

test('an abort counts, for whoever listens and for whoever sends', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(receive({ signal })).rejects.toThrow('enough');
  await expect(postEvent(plugged('a'), { directory, signal })).rejects.toThrow('enough');
  expect(await readdir(root)).toEqual([]);
});

/** Says something to the socket, and answers what it says. */
async function say(text: string): Promise<string> {
  const socket = connect(join(directory, `${uuid}.sock`));
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
  socket.on('error', () => {});
  socket.write(text);
  await once(socket, 'close');
  return answer;
}
