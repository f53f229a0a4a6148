import { expect, test } from 'vitest';
import { parseSpec } from './read-spec.ts';

const minimal = 'name: web\nimage: ./disk.qcow2\n';

test('parseSpec fills in defaults', () => {
  expect(parseSpec(minimal)).toMatchObject({
    name: 'web',
    image: { source: './disk.qcow2' },
    flavor: { vcpus: 1, memory: 512n << 20n },
    networks: [],
    seed: 'config-drive',
    tpm: false,
    placement: {},
  });
});

test('parseSpec reads JSON too', () => {
  expect(parseSpec('{"name": "web", "networks": [{"user": true}]}').networks).toEqual([{ user: true }]);
});

test.each([
  ['a misspelt key', `${minimal}flavour: {}\n`, /line 3, column 10: unknown key "flavour"; did you mean "flavor"\?/],
  [
    'a misspelt nested key',
    'name: web\nflavor:\n  vcpu: 2\n',
    /line 3, column 9: unknown key "vcpu"; did you mean "vcpus"\?/,
  ],
  [
    'a bare number as a size',
    'name: web\nflavor: { memory: 512 }\n',
    /line 2, column 19: flavor\.memory: expected a number with its unit/,
  ],
  ['a size of an unknown unit', 'name: web\nflavor: { memory: 512M }\n', /got "512M"/],
  [
    'a network of no kind',
    'name: web\nnetworks: [{ mac: "52:54:00:00:00:01" }]\n',
    /networks\.0: expected one of `network: NAME`/,
  ],
  ['a wrong MAC', 'name: web\nnetworks: [{ bridge: br0, mac: "52:54" }]\n', /networks\.0\.mac: expected a MAC address/],
  [
    'a misspelt key of a network',
    'name: web\nnetworks: [{ bridge: br0, adress: 10.0.0.2/24 }]\n',
    /unknown key "adress"; did you mean "address"/,
  ],
  ['a name that no host takes', 'name: "a/b"\n', /line 1, column 7: name: expected 1 to 63 letters/],
  ['broken YAML', 'name: [\n', /at line 2|line 1/],
  ['a short checksum', 'name: web\nimage: { source: x, sha256: abc }\n', /sha256: expected 64 hexadecimal digits/],
])('parseSpec refuses %s with its place and the fix', (_, text, message) => {
  expect(() => parseSpec(text)).toThrow(message);
});

test.each([
  ['"2222:22"', { host: 2222, guest: 22, protocol: 'tcp', address: '127.0.0.1' }],
  ['"0.0.0.0:53:5353/udp"', { host: 53, guest: 5353, protocol: 'udp', address: '0.0.0.0' }],
  ['{ host: 80, guest: 8080 }', { host: 80, guest: 8080, protocol: 'tcp', address: '127.0.0.1' }],
])('parseSpec reads the port %s', (text, port) => {
  expect(parseSpec(`name: web\nports: [${text}]\n`).ports).toEqual([port]);
});

test.each(['22', '"22"', '"0:22"', '"70000:22"', '"2222:22/sctp"', '"300.0.0.1:1:2"'])(
  'parseSpec refuses the port %s',
  (text) => {
    expect(() => parseSpec(`name: web\nports: [${text}]\n`)).toThrow(/line 2, column 9: ports\.0/);
  },
);
