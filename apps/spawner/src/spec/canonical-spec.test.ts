import { expect, test } from 'vitest';
import { canonicalSpec, specDifferences, specHash } from './canonical-spec.ts';
import { parseSpec } from './read-spec.ts';

const canonicalOf = (text: string, directory = '/specs') => canonicalSpec({ spec: parseSpec(text), directory });

test('specifications that ask for the same have one hash', () => {
  const one = canonicalOf('name: web\nimage: a.qcow2\nflavor: { memory: 1GiB, vcpus: 2 }\n');
  const other = canonicalOf(
    '{"$schema":"x","flavor":{"vcpus":2,"memory":"1024MiB"},"image":{"source":"../specs/a.qcow2"},"name":"web"}',
  );
  expect(other).toEqual(one);
  expect(specHash(other)).toBe(specHash(one));
  expect(specHash(one)).toMatch(/^[0-9a-f]{64}$/);
});

test('another directory is another image', () => {
  const text = 'name: web\nimage: a.qcow2\n';
  expect(specHash(canonicalOf(text))).not.toBe(specHash(canonicalOf(text, '/elsewhere')));
});

test('specDifferences names the places', () => {
  const before = canonicalOf('name: web\nflavor: { disk: 1GiB }\nnetworks: [{ user: true }]\nports: ["2222:22"]\n');
  const after = canonicalOf('name: web\nflavor: { disk: 1GiB, memory: 1GiB }\nnetworks: [{ network: default }]\n');
  expect(specDifferences(before, after)).toEqual([
    { path: 'flavor.memory', before: '536870912B', after: '1073741824B' },
    { path: 'networks[0].network', before: undefined, after: 'default' },
    { path: 'networks[0].user', before: true, after: undefined },
    { path: 'ports[0].address', before: '127.0.0.1', after: undefined },
    { path: 'ports[0].guest', before: 22, after: undefined },
    { path: 'ports[0].host', before: 2222, after: undefined },
    { path: 'ports[0].protocol', before: 'tcp', after: undefined },
  ]);
  expect(specDifferences(before, before)).toEqual([]);
});
