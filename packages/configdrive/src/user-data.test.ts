import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { checkUserData } from './user-data.ts';

test.each([
  ['', 'empty'],
  ['#cloud-config\npackages: [curl]\n', 'cloud-config'],
  ['#cloud-config\n', 'cloud-config'],
  ['#cloud-config-archive\n- type: text/x-shellscript\n', 'cloud-config-archive'],
  ['## template: jinja\n#cloud-config\n{{ not yaml', 'jinja'],
  ['#!/bin/sh\n: "\n', 'script'],
  ['#include\nhttps://example.org/x\n', 'include'],
  ['{"ignition": {}}', 'other'],
] as const)('checkUserData takes %j for %s', (text, kind) => {
  expect(checkUserData(text)).toEqual({ kind, gzip: false, bytes: text.length });
});

test('a fault in #cloud-config is located', () => {
  const text = '#cloud-config\npackages:\n  - curl\n runcmd: [a\n';
  expect(() => checkUserData(text)).toThrow(
    expect.objectContaining({ code: 'INVALID_USER_DATA', context: expect.objectContaining({ line: 4 }) }),
  );
  expect(() => checkUserData('#cloud-config\n- a list\n')).toThrow(/not a mapping.*line 2/);
});

test('gzip is unpacked and what is inside is checked', () => {
  expect(checkUserData(gzipSync('#cloud-config\na: 1\n'))).toMatchObject({ kind: 'cloud-config', gzip: true });
  expect(() => checkUserData(gzipSync('#cloud-config\na: [\n'))).toThrow(/no valid YAML/);
  expect(() => checkUserData(gzipSync('x'.repeat(99)).subarray(0, 20))).toThrow(/does not unpack/);
  expect(() => checkUserData(gzipSync(Buffer.alloc(17 * 1024 * 1024)))).toThrow(/at most 16777216 bytes/);
});

test('user data of more than a MiB, or than is allowed, is refused', () => {
  const tooLarge = expect.objectContaining({ code: 'TOO_LARGE' });
  expect(() => checkUserData('x'.repeat(1024 * 1024 + 1))).toThrow(tooLarge);
  expect(() => checkUserData('12345', { userDataBytes: 4 })).toThrow(tooLarge);
  expect(checkUserData('x'.repeat(2_000_000), { userDataBytes: 2_000_000 }).bytes).toBe(2_000_000);
});

test('what PyYAML reads is no fault: a key twice', () => {
  expect(checkUserData('#cloud-config\na: 1\na: 2\n').kind).toBe('cloud-config');
});

const multipart = (part: string, end = '--B--') =>
  [
    'Content-Type: multipart/mixed; boundary="B"',
    'MIME-Version: 1.0',
    '',
    '--B',
    'Content-Type: text/x-shellscript',
    '',
    '#!/bin/sh',
    '--B',
    part,
    end,
    '',
  ].join('\n');

test('the cloud-config parts of a multipart are checked, base64 too', () => {
  expect(checkUserData(multipart('Content-Type: text/cloud-config\n\na: 1'))).toMatchObject({ kind: 'multipart' });
  expect(() => checkUserData(multipart('Content-Type: text/cloud-config\n\na: ['))).toThrow(/part 2 of user data/);
  const encoded = Buffer.from('a: [').toString('base64');
  const head = 'Content-Type: text/cloud-config\nContent-Transfer-Encoding: base64';
  expect(() => checkUserData(multipart(`${head}\n\n${encoded}`))).toThrow(/part 2 of user data/);
  expect(() => checkUserData(multipart('x', ''))).toThrow(/"--B--" is missing/);
  expect(() => checkUserData('Content-Type: multipart/mixed\n\nx')).toThrow(/without a "boundary"/);
});
