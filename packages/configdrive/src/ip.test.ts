import fc from 'fast-check';
import { expect, test } from 'vitest';
import { broadcast, checkedAddress, netmask, networkAddress, parseCidr } from './ip.ts';

test('a CIDR gives its netmask, network and broadcast addresses', () => {
  const cidr = parseCidr('192.0.2.77/26');
  expect([netmask(cidr), networkAddress(cidr), broadcast(cidr)]).toEqual([
    '255.255.255.192',
    '192.0.2.64',
    '192.0.2.127',
  ]);
});

test('IPv6 is written as RFC 5952 says', () => {
  expect(networkAddress(parseCidr('2001:db8:0:0:1:0:0:1/128'))).toBe('2001:db8::1:0:0:1');
  expect(networkAddress(parseCidr('2001:DB8::ffff:ffff/112'))).toBe('2001:db8::ffff:0');
  expect(networkAddress(parseCidr('1:0:1:1:1:1:1:1/128'))).toBe('1:0:1:1:1:1:1:1');
  expect(networkAddress(parseCidr('::ffff:192.0.2.1/128'))).toBe('::ffff:c000:201');
  expect([netmask(parseCidr('::/0')), netmask(parseCidr('::1'))]).toEqual([
    '::',
    'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
  ]);
});

test('every IPv4 network contains its own ends', () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), (address, prefix) => {
      const cidr = parseCidr(`${address}/${prefix}`);
      const first = parseCidr(`${networkAddress(cidr)}/${prefix}`);
      const last = parseCidr(`${broadcast(cidr)}/${prefix}`);
      expect(first.value <= cidr.value && cidr.value <= last.value).toBe(true);
      expect(last.value - first.value).toBe((1n << BigInt(32 - prefix)) - 1n);
    }),
  );
});

test('every IPv6 address reads back to the same value', () => {
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      const cidr = parseCidr(address);
      expect(parseCidr(networkAddress(cidr)).value).toBe(cidr.value);
    }),
  );
});

test.each(['', '1.2.3', '1.2.3.4/33', '1.2.3.4/x', '1.2.3.4/8/8', '::/129', '1.2.3.4/', '1.2.3.4/-1'])(
  'parseCidr refuses %j by INVALID_NETWORK',
  (text) => {
    expect(() => parseCidr(text)).toThrow(expect.objectContaining({ code: 'INVALID_NETWORK' }));
  },
);

test('an address with a zone or a newline is no address', () => {
  for (const text of ['fe80::1%eth0', '1.2.3.4\n', '']) {
    expect(() => checkedAddress(text)).toThrow(expect.objectContaining({ code: 'INVALID_NETWORK' }));
  }
});
