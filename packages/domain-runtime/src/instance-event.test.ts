import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseInstanceEvent } from './instance-event.ts';

const instanceUuid = '6d5f2a3e-8c0b-4f6e-9a51-2f4d3b1c0a99';
const event = { instanceUuid, name: 'network-vif-plugged', tag: 'port-1', status: 'failed' };

test('parseInstanceEvent takes what it gave, fills in the status, and writes UUIDs in lower case', () => {
  expect(parseInstanceEvent(event)).toEqual(event);
  expect(parseInstanceEvent({ instanceUuid: instanceUuid.toUpperCase(), name: 'network-changed' })).toEqual({
    instanceUuid,
    name: 'network-changed',
    status: 'completed',
  });
});

test.each([
  ['an event', null],
  ['an event', 'network-vif-plugged'],
  ['instanceUuid', { ...event, instanceUuid: '../../etc/passwd' }],
  ['name', { ...event, name: 'Network Plugged' }],
  ['tag', { ...event, tag: '' }],
  ['tag', { ...event, tag: 'a\nb' }],
  ['tag', { ...event, tag: 'x'.repeat(256) }],
  ['status', { ...event, status: 'done' }],
])('parseInstanceEvent names %s when it is wrong', (field, value) => {
  expect(() => parseInstanceEvent(value)).toThrow(
    expect.objectContaining({ code: 'INVALID_EVENT', context: expect.objectContaining({ field }) as object }),
  );
});

test('whatever comes is an event or refused with its field', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      try {
        parseInstanceEvent(value);
      } catch (error) {
        expect(error).toMatchObject({ name: 'DomainRuntimeError', code: 'INVALID_EVENT' });
      }
    }),
  );
});
