import fc from 'fast-check';
import { expect, test } from 'vitest';
import { answerExternalEvents, externalEventNames } from './external-events.ts';
import type { InstanceEvent } from './instance-event.ts';

const known = '6d5f2a3e-8c0b-4f6e-9a51-2f4d3b1c0a99';
const unknown = '11111111-2222-4333-8444-555555555555';
const event = { name: 'network-vif-plugged', server_uuid: known, tag: 'port-1', status: 'completed' };

async function answer(body: unknown) {
  const delivered: InstanceEvent[] = [];
  const answered = await answerExternalEvents(body, {
    isKnown: (uuid) => uuid === known,
    async deliver(one) {
      delivered.push(one);
    },
  });
  return { ...answered, delivered };
}

test('events of known instances are taken, each with its code', async () => {
  const { status: _, ...withoutStatus } = event;
  expect(await answer({ events: [event, { ...withoutStatus, server_uuid: known.toUpperCase() }] })).toEqual({
    status: 200,
    body: {
      events: [
        { ...event, code: 200 },
        { ...event, server_uuid: known.toUpperCase(), code: 200 },
      ],
    },
    delivered: [
      { instanceUuid: known, name: 'network-vif-plugged', tag: 'port-1', status: 'completed' },
      { instanceUuid: known, name: 'network-vif-plugged', tag: 'port-1', status: 'completed' },
    ],
  });
});

test('of several, those of unknown instances are marked, and the others taken', async () => {
  const foreign = { ...event, server_uuid: unknown };
  const { status, body, delivered } = await answer({ events: [foreign, event] });
  expect(status).toBe(207);
  expect(body).toEqual({
    events: [
      { ...foreign, status: 'failed', code: 404 },
      { ...event, code: 200 },
    ],
  });
  expect(delivered).toHaveLength(1);
});

test('when no instance is known nothing was found', async () => {
  expect(await answer({ events: [{ ...event, server_uuid: unknown }] })).toEqual({
    status: 404,
    body: { itemNotFound: { code: 404, message: 'No instances found for any event' } },
    delivered: [],
  });
});

test.each([
  [[], /must be an object/],
  [{}, /at least one event/],
  [{ events: [] }, /at least one event/],
  [{ events: [event], more: 1 }, /Additional properties are not allowed: more/],
  [{ events: [event, 'x'] }, /events\[1\] must be an object/],
  [{ events: [{ ...event, host: 'x' }] }, /not allowed: host/],
  [{ events: [{ ...event, name: 'network-exploded' }] }, /events\[0\]\.name must be one of network-changed/],
  [{ events: [{ ...event, server_uuid: 'x' }] }, /server_uuid must be a UUID/],
  [{ events: [{ ...event, status: 'done' }] }, /status must be one of completed/],
  [{ events: [{ ...event, tag: '' }] }, /tag must have 1 to 255/],
  [{ events: Array.from({ length: 1001 }, () => event) }, /at most 1000/],
])('a body that is not as the schema wants it is refused whole: %#', async (body, message) => {
  expect(await answer(body)).toMatchObject({
    status: 400,
    body: { badRequest: { code: 400, message: expect.stringMatching(message) as string } },
    delivered: [],
  });
});

test('whatever mix of events comes, exactly those of known instances are delivered, in their order', async () => {
  const one = fc.record({
    name: fc.constantFrom(...externalEventNames),
    server_uuid: fc.constantFrom(known, unknown),
    tag: fc.constantFrom('a', 'b'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 8 }), async (events) => {
      const { status, delivered } = await answer({ events });
      const wanted = events.filter((each) => each.server_uuid === known);
      expect(delivered.map(({ name, tag }) => ({ name, tag }))).toEqual(wanted.map(({ name, tag }) => ({ name, tag })));
      expect(status).toBe(wanted.length === 0 ? 404 : wanted.length === events.length ? 200 : 207);
    }),
  );
});
