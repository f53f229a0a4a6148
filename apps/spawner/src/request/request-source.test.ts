import { expect, test } from 'vitest';
import { sourceOf } from './request-source.ts';

test.each([
  ['disk.qcow2', { type: 'file', path: '/images/disk.qcow2' }],
  ['./debian/13', { type: 'file', path: '/images/debian/13' }],
  ['debian/13', { type: 'catalogue', name: 'debian/13' }],
  ['file:///a%20b.qcow2', { type: 'file', path: '/a b.qcow2' }],
  ['https://images.example/a.qcow2', { type: 'http', url: 'https://images.example/a.qcow2' }],
  ['glance+http://h:9292/abc-1', { type: 'glance', endpoint: 'http://h:9292', imageId: 'abc-1' }],
  ['glance+https://h/image/v2/abc', { type: 'glance', endpoint: 'https://h/image/v2', imageId: 'abc' }],
  ['rbd://f5/images/abc/snap', { type: 'rbd', location: 'rbd://f5/images/abc/snap' }],
])('sourceOf reads %s', (text, source) => {
  expect(sourceOf(text, '/images')).toEqual(source);
});

test.each([
  ['ftp://images.example/a', /"ftp" is not a source/],
  ['https://me:secret@images.example/a', /"images\.example" carries a user name or password/],
  ['glance+http://me:secret@h/abc', /"h" carries a user name or password/],
  ['glance+http://h:9292/', /names no image of the image service/],
  ['rbd://f5/images/abc', /names no image in Ceph: its address has other than four parts/],
  ['rbd://f5/images/-abc/snap', /names no image in Ceph/],
  ['http://', /not a valid address/],
])('sourceOf refuses %s without showing a password', (text, message) => {
  const attempt = () => sourceOf(text, '/images');
  expect(attempt).toThrow(message);
  expect(attempt).not.toThrow(/secret/);
});
