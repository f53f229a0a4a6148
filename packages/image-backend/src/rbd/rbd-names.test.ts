import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseMonitorMap } from './rbd-cluster.ts';
import { formatRbdLocation, parseRbdLocation } from './rbd-location.ts';
import { rbdQemuName } from './rbd-name.ts';

const part = fc.stringMatching(/^[A-Za-z0-9._~][A-Za-z0-9._~-]{0,20}$/);

test('a location that is written is read again', () => {
  fc.assert(
    fc.property(fc.uuid(), part, part, part, (fsid, pool, image, snapshot) => {
      const location = { fsid, pool, image, snapshot };
      expect(parseRbdLocation(formatRbdLocation(location))).toEqual(location);
    }),
  );
});

test('whatever is in a location, its parts are names and no arguments', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const parsed = parseRbdLocation(`rbd://${text}`);
      if (typeof parsed === 'string') return;
      for (const name of [parsed.pool, parsed.image, parsed.snapshot]) expect(name).toMatch(/^[A-Za-z0-9._~][\w.~-]*$/);
    }),
  );
  for (const bad of [
    'rbd://f/p/i',
    'rbd://f/p/i/',
    'rbd://f/p/i/s/x',
    'rbd://f/-p/i/s',
    'rbd://f/p%2Fq/i/s',
    'rbd://f/p/i%40x/s',
  ]) {
    expect(parseRbdLocation(bad)).toBeTypeOf('string');
  }
});

test('a name for QEMU escapes what would begin an option', () => {
  const image = { pool: 'vms', image: 'uuid_disk' };
  expect(rbdQemuName({}, image)).toBe('rbd:vms/uuid_disk');
  expect(rbdQemuName({ rbdUser: 'nova', imagesRbdCephConf: '/a:b=c@d\\e' }, image)).toBe(
    String.raw`rbd:vms/uuid_disk:id=nova:conf=/a\:b\=c\@d\\e`,
  );
});

test('monitors are found in what Ceph 16 tells, and in what older ones do', () => {
  const v1 = { type: 'v1', addr: '10.0.0.1:6789', nonce: 0 };
  const v2 = { type: 'v2', addr: '10.0.0.1:3300', nonce: 0 };
  const mons = [
    { public_addrs: { addrvec: [v2, v1] }, addr: '10.0.0.1:6789/0' },
    { public_addrs: { addrvec: [{ ...v2, addr: '[fd00::1]:3300' }] } },
    { addr: '[::1]:6790/0' },
  ];
  expect(parseMonitorMap(JSON.stringify({ fsid: 'f', mons }))).toEqual({
    fsid: 'f',
    monitors: [
      { name: '10.0.0.1', port: 6789 },
      { name: 'fd00::1', port: 3300 },
      { name: '::1', port: 6790 },
    ],
  });
  for (const text of ['', 'null', '{}', '{"fsid":"f","mons":[]}', '{"fsid":"","mons":[{"addr":"1:2/0"}]}', '[1]']) {
    expect(() => parseMonitorMap(text)).toThrow(expect.objectContaining({ code: 'TOOL_FAILED' }));
  }
});
