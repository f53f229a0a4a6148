import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostIn } from '../../test/client-host.ts';
import { tlsFiles } from './tls-files.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'libvirt-pki-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const exists = (...names: readonly string[]) => {
  for (const name of names) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), '');
  }
};
/** With paths below the directory. */
const found = (pkipath?: string, user?: string) => {
  const userPkiDirectory = user && join(directory, user);
  const files = tlsFiles(pkipath && join(directory, pkipath), hostIn(directory, { userPkiDirectory }));
  return JSON.parse(JSON.stringify(files).replaceAll(`${directory}/`, ''));
};

test('root has the system’s files, the client’s own only when both are there', () => {
  expect(found()).toEqual({ ca: 'pki/CA/cacert.pem' });
  exists('pki/libvirt/clientcert.pem', 'pki/CA/cacrl.pem');
  expect(found()).toEqual({ ca: 'pki/CA/cacert.pem', crl: 'pki/CA/cacrl.pem' });
  exists('pki/libvirt/private/clientkey.pem');
  const client = { cert: 'pki/libvirt/clientcert.pem', key: 'pki/libvirt/private/clientkey.pem' };
  expect(found()).toMatchObject({ client });
});

test('a user’s own files come first, one by one but certificate and key as a pair', () => {
  exists('pki/libvirt/clientcert.pem', 'pki/libvirt/private/clientkey.pem', 'me/clientcert.pem', 'me/cacert.pem');
  expect(found(undefined, 'me')).toMatchObject({ ca: 'me/cacert.pem', client: { cert: 'pki/libvirt/clientcert.pem' } });
  exists('me/clientkey.pem');
  expect(found(undefined, 'me')).toMatchObject({ client: { cert: 'me/clientcert.pem', key: 'me/clientkey.pem' } });
});

test('with pkipath all have to be there', () => {
  const client = { cert: 'my/clientcert.pem', key: 'my/clientkey.pem' };
  expect(found('my', 'me')).toEqual({ ca: 'my/cacert.pem', client });
  exists('my/cacrl.pem');
  expect(found('my')).toMatchObject({ crl: 'my/cacrl.pem' });
});
