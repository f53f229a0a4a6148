import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { verdicts as networkVerdicts } from './network.ts';
import type { CaseVerdict } from './report.ts';
import { verdicts as volumeVerdicts } from './volumes.ts';

/**
 * Nova does the same whatever ports, bridges, volumes and servers are called: so a recording in which all of them have other
 * names is a recording that nobody has seen.
 */
type Names = Readonly<Record<string, string>>;

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'.split('')), minLength: length, maxLength: length });
const word = fc.string({ unit: fc.constantFrom(...'ghijkmnpqrstuvwxyz'.split('')), minLength: 3, maxLength: 7 });
const octet = fc.integer({ min: 3, max: 250 }).map(String);

const networkNames: fc.Arbitrary<Names> = fc
  .record({
    port: hex(10),
    network: hex(12),
    mac: hex(4),
    word,
    nets: fc.uniqueArray(octet, { minLength: 2, maxLength: 2 }),
  })
  .map(({ port, network, mac, word: name, nets }) => {
    return {
      'aaaaaaaa-00': `${port.slice(0, 8)}-${port.slice(8)}`,
      'dddddddd-0000': `${network.slice(0, 8)}-${network.slice(8)}`,
      'fa:16:3e:00:00': `fa:16:3e:${mac.slice(0, 2)}:${mac.slice(2)}`,
      fa163e0000: `fa163e${mac}`,
      'br-int': `br-${name}`,
      brq123: `brq${name}`,
      br100: `br1${nets[0]}`,
      'tbr-1234': `tbr-${name}`,
      '192.168.1.': `192.168.${nets[0]}.`,
      '192.168.2.': `192.168.${nets[1]}.`,
    };
  });

const volumeNames: fc.Arbitrary<Names> = fc
  .record({ ids: fc.array(fc.uuid(), { minLength: 6, maxLength: 6 }), word, net: octet })
  .map(({ ids: [a = '', b = '', c = '', d = '', e = '', f = ''], word: name, net }) => ({
    '2a0a0f6c-babf-454d-b93e-9ac9957b95e0': a,
    '77777777-babf-454d-b93e-9ac9957b95e0': b,
    '457eb676-33da-42ec-9a8c-9293d545c337': c,
    '11111111-2222-3333-4444-555555555555': d,
    'b65cee2f-8c69-4aeb-be2f-f79742548fc2': e,
    'c76cee2f-8c69-4aeb-be2f-f79742548fc3': f,
    'org.openstack:volume-1': `org.${name}:v`,
    '/dev/sdq': `/dev/${name}`,
    'nfs.example.com': `${name}.example.net`,
    'smb.example.com': `${name}.example.org`,
    '/cluster': `/${name}`,
    '10.0.0.': `10.0.${net}.`,
    '192.168.1.1': `192.168.${net}.1`,
  }));

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spawnkit-renamed-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** The same recordings under other names; mount points are named by the digest of what is mounted. */
async function rename(from: string, files: readonly string[], names: Names): Promise<void> {
  for (const file of files) {
    const text = await readFile(join(from, `${file}.json`), 'utf8');
    const exported = [...text.matchAll(/"export": "(?:quobyte:\/\/)?([^"]*)"/g)].map(([, one = '']) => one);
    const places = exported.map((one) => [digest(one), digest(underOther(one, names))] as const);
    await writeFile(join(directory, `${file}.json`), underOther(text, { ...Object.fromEntries(places), ...names }));
  }
}

function underOther(text: string, names: Names): string {
  return Object.entries(names).reduce((renamed, [one, other]) => renamed.replaceAll(one, other), text);
}

function digest(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

const root = join(import.meta.dirname, '../..');
const recordings = {
  'ports, bridges and networks': {
    from: join(root, 'packages/vif/test/vectors/network'),
    files: ['vif', 'nwfilter'],
    anyNames: networkNames,
    verdicts: networkVerdicts,
    excepted: 0.05,
  },
  'volumes, servers and shares': {
    from: join(root, 'packages/volume/test/vectors/volumes'),
    files: ['config', 'sequence'],
    anyNames: volumeNames,
    verdicts: volumeVerdicts,
    excepted: 0.1,
  },
};

test.each(Object.entries(recordings))(
  '%s under names that nobody recorded are what Nova would have made of them',
  { timeout: 180_000 },
  async (_, { from, files, anyNames, verdicts, excepted }) => {
    const property = fc.asyncProperty(anyNames, async (names) => {
      await rename(from, files, names);
      const all: CaseVerdict[] = [];
      for await (const one of verdicts(directory)) all.push(one);
      const of = (status: string) => all.filter(({ verdict }) => verdict.status === status);
      expect(of('failed')).toEqual([]);
      expect(of('excepted').length / all.length).toBeLessThanOrEqual(excepted);
      expect(all.length).toBeGreaterThan(100);
    });
    await fc.assert(property, { numRuns: 2, endOnFailure: true });
  },
);
