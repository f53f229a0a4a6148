import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseInstance, readImageProperties } from '@spawnkit/instance';
import { expect, test } from 'vitest';
import { propertyReaders } from '../../instance/src/image-property-table.ts';
import { everyRecordedCase } from '../test/recorded-hosts.ts';
import { requestOf } from '../test/recorded-request.ts';
import { smallRequest, vif } from '../test/small-request.ts';
import { designGuest } from './design-guest.ts';
import { numaTopologyOf } from './numa/instance-topology.ts';

const packages = join(import.meta.dirname, '../..');
const page = await readFile(join(packages, '../docs/flavors-and-images.md'), 'utf8');

/** Names that a table explains; `hw:numa_mem.0`, … stands for every number. */
const documented = new Set(
  page
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .flatMap((line) => [...line.matchAll(/`([\w:.]+)`/g)].map(([, name]) => name)),
);

test('docs/flavors-and-images.md explains every extra spec that is read', async () => {
  const read = new Set<string>();
  for (const request of await requests()) {
    const { instance } = request;
    const flavor = { ...instance.flavor, extraSpecs: watched(instance.flavor.extraSpecs, read) };
    attempt(() => designGuest({ ...request, instance: { ...instance, flavor } }));
    attempt(() => numaTopologyOf(flavor, readImageProperties(request.imageMeta)));
  }
  expect(read.size).toBeGreaterThan(50);
  expect([...read].filter((key) => !documented.has(key.replace(/\.\d+$/, '.0')))).toEqual([]);
});

test('docs/flavors-and-images.md explains every image property that is read', async () => {
  const sources = await Promise.all(
    ['guest-designer/src', 'guest-designer/src/numa', 'blockinfo/src'].map((directory) => sourceOf(directory)),
  );
  const text = sources.join('\n');
  const names = [...Object.keys(propertyReaders), 'hw_numa_cpus', 'hw_numa_mem'];
  const read = names.filter((name) => new RegExp(`\\b${camelCase(name)}\\b`).test(text));
  expect(read.length).toBeGreaterThan(40);
  expect(read.filter((name) => !documented.has(name) && !documented.has(`${name}.0`))).toEqual([]);
});

test('docs/flavors-and-images.md names only what exists', async () => {
  const properties = [...documented].filter((name) => name !== undefined && /^(?:hw|img|os)_[a-z_]+$/.test(name));
  const known: readonly string[] = Object.keys(propertyReaders);
  expect(properties.filter((name) => name !== undefined && !known.includes(name))).toEqual([]);
  const tests = [...page.matchAll(/`([\w-]+\.test\.ts)`/g)].map(([, name]) => name);
  const files = await Promise.all(
    ['src', 'src/numa', 'test/integration', 'test/more'].map((directory) =>
      readdir(join(import.meta.dirname, '..', directory)),
    ),
  );
  expect(tests.filter((name) => name !== undefined && !files.flat().includes(name))).toEqual([]);
});

/** The recorded ones, and one that gets as far as it can. */
async function requests() {
  const all = [smallRequest({ vcpus: 2, extraSpecs: { 'hw_rng:rate_bytes': '1' }, networkInfo: [vif('bridge')] })];
  for await (const { one, host } of everyRecordedCase()) {
    const request = attempt(() => requestOf(one, host));
    if (request) all.push({ ...request, instance: parseInstance(request.instance) });
  }
  return all;
}

/** Extra specs that note which of them somebody asks for by name. */
function watched(extraSpecs: Readonly<Record<string, string>>, read: Set<string>): Readonly<Record<string, string>> {
  const note = (key: string | symbol) => typeof key === 'string' && read.add(key);
  return new Proxy(extraSpecs, {
    get: (target, key) => {
      note(key);
      return Reflect.get(target, key);
    },
    has: (target, key) => {
      note(key);
      return Reflect.has(target, key);
    },
    // Object.entries asks for each value: not a wish of its own.
    ownKeys: () => [],
  });
}

function attempt<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch {
    return undefined;
  }
}

async function sourceOf(directory: string): Promise<string> {
  const names = (await readdir(join(packages, directory))).filter((name) => /(?<!\.test)\.ts$/.test(name));
  return (await Promise.all(names.map((name) => readFile(join(packages, directory, name), 'utf8')))).join('\n');
}

function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
