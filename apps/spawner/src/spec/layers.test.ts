import { expect, test } from 'vitest';
import { parseSpecs } from './read-spec.ts';

const host = {
  defaults: { flavor: { memory: '256MiB', vcpus: 4 }, networks: [{ network: 'default' }], metadata: { site: 'a' } },
  profiles: { small: { flavor: { memory: '1GiB', disk: '5GiB' }, metadata: { size: 'small' } } },
};

test('options win over the file, which wins over the profile, which wins over the configuration', () => {
  const overrides = [{ path: ['flavor', 'vcpus'], value: 2 }];
  const text = 'name: web\nprofile: small\nflavor: { disk: 10GiB }\nimage: a.qcow2\n';
  const [file] = parseSpecs(text, { overrides, host });
  expect(file?.spec).toMatchObject({
    flavor: { vcpus: 2, disk: 10n << 30n, memory: 1n << 30n },
    networks: [{ network: 'default' }],
    metadata: { size: 'small', site: 'a' },
  });
  const from = new Map(file?.origins.map((one) => [one.path, one.from]));
  expect(Object.fromEntries(from)).toMatchObject({
    name: 'specification',
    'flavor.vcpus': 'option',
    'flavor.disk': 'specification',
    'flavor.memory': 'profile "small"',
    'networks[0].network': 'configuration',
    'metadata.size': 'profile "small"',
    'metadata.site': 'configuration',
    'image.source': 'specification',
  });
});

test('a list is taken whole, and a value is not merged with a map', () => {
  const layers = { defaults: { image: { source: 'b.qcow2', format: 'raw' }, networks: [{ user: true }] } };
  const [file] = parseSpecs('name: web\nimage: a.qcow2\nnetworks: []\n', { host: layers });
  expect(file?.spec.image).toEqual({ source: 'a.qcow2', properties: {} });
  expect(file?.spec.networks).toEqual([]);
});

test('a profile that nobody defined is named, with those that are known', () => {
  expect(() => parseSpecs('name: web\nprofile: large\n', { host })).toThrow(
    expect.objectContaining({ code: 'USAGE', fix: 'Known are small.' }),
  );
});

test('a file may hold many specifications', () => {
  const files = parseSpecs('name: one\n---\nname: two\nflavor: { vcpus: 2 }\n', { host });
  expect(files.map(({ spec }) => [spec.name, spec.flavor.vcpus])).toEqual([
    ['one', 4],
    ['two', 2],
  ]);
});

test('what is wrong in the second specification is found in the lines of the file', () => {
  expect(() => parseSpecs('name: one\n---\nname: two\nflavour: {}\n')).toThrow(
    /line 4, column 10: unknown key "flavour"/,
  );
});

test('two specifications of one name are refused', () => {
  expect(() => parseSpecs('name: one\n---\nname: one\n')).toThrow(/"one" twice/);
});
