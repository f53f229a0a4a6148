import { expect, test } from 'vitest';
import { ProtocolError } from '../errors.ts';
import { returned } from './monitor-json.ts';

test('returned answers what stands under "return"', () => {
  expect(returned('ask', '{"return":{"status":"running"},"id":"libvirt-1"}')).toEqual({ status: 'running' });
});

test('returned throws what the monitor says against a command', () => {
  const text = '{"id":"libvirt-1","error":{"class":"CommandNotFound","desc":"The command x has not been found"}}';
  expect(() => returned('ask', text)).toThrow(
    expect.objectContaining({ codeName: 'OPERATION_FAILED', str1: 'CommandNotFound', procedure: 'ask' }),
  );
});

test.each(['', 'null', '{}', '{"error":7}', '{'])('returned refuses %j', (text) => {
  expect(() => returned('ask', text)).toThrow(ProtocolError);
});
