import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostIn } from '../../test/client-host.ts';
import { parseUri } from '../uri/parse-uri.ts';
import { type AuthOptions, findCredentials } from './credentials.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'libvirt-auth-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const FILE = `# who is who
[credentials-test]
authname=fred
password=123 = 456 #7

[credentials-prod]
 username = nova
password=s3cret
[auth-libvirt-a.example.com]
credentials=test
[auth-libvirt-default]
credentials=prod
[auth-esx-b.example.com]
credentials=test
[auth-libvirt-broken]
[auth-libvirt-dangling]
credentials=nobody
`;
const write = (name: string, text = FILE) => writeFileSync(join(directory, name), text);
const find = (uri: string, auth: AuthOptions = {}, env = {}) => {
  const authFiles = [join(directory, 'mine.conf'), join(directory, 'system.conf')];
  return findCredentials(auth, parseUri(uri), hostIn(directory, { env, authFiles }));
};

test('credentials are found by the host of the URI, then the default ones', async () => {
  write('system.conf');
  expect(await find('qemu+tls://a.example.com/system')).toEqual({ username: 'fred', password: '123 = 456 #7' });
  expect(await find('qemu+tls://b.example.com/system')).toEqual({ username: 'nova', password: 's3cret' });
  expect(await find('qemu:///system')).toMatchObject({ username: 'nova' });
});

test('authname says who, username on whose behalf', async () => {
  write('system.conf', '[auth-libvirt-h]\ncredentials=x\n[credentials-x]\nauthname=a\nusername=b\npassword=c\n');
  expect(await find('qemu://h/')).toEqual({ username: 'a', authorizeAs: 'b', password: 'c' });
});

test('the variable’s file comes before the URI’s, the user’s before the system’s; the first that is there counts', async () => {
  const file = (name: string) =>
    `[auth-libvirt-default]\ncredentials=x\n[credentials-x]\nusername=${name}\npassword=p\n`;
  for (const name of ['mine', 'system', 'uri', 'env']) write(`${name}.conf`, file(name));
  const uri = `qemu:///system?authfile=${directory}/uri.conf`;
  expect(await find(uri, {}, { LIBVIRT_AUTH_FILE: `${directory}/env.conf` })).toMatchObject({ username: 'env' });
  expect(await find(uri)).toMatchObject({ username: 'uri' });
  expect(await find('qemu:///system')).toMatchObject({ username: 'mine' });
  rmSync(join(directory, 'mine.conf'));
  expect(await find('qemu:///system')).toMatchObject({ username: 'system' });
});

test('what the caller gives comes first, and functions are asked', async () => {
  write('mine.conf');
  const password = async () => 'given';
  expect(await find('qemu+tls://a.example.com/', { password })).toMatchObject({ username: 'fred', password: 'given' });
  expect(await find('qemu+tls://me@h/', { username: 'you', password })).toEqual({ username: 'you', password: 'given' });
  rmSync(join(directory, 'mine.conf'));
  expect(await find('qemu+tls://me@h/', { password })).toMatchObject({ username: 'me' });
});

test('nothing anywhere is AUTH_UNAVAILABLE, and says where it could stand', async () => {
  const missing = find('qemu+tls://h/', { username: 'a' });
  await expect(missing).rejects.toMatchObject({ name: 'AuthError', codeName: 'AUTH_UNAVAILABLE' });
  await expect(missing).rejects.toThrow('demands a password');
  await expect(missing).rejects.toThrow(`[auth-libvirt-h] of ${directory}/mine.conf or ${directory}/system.conf`);
});

test.each([
  ['broken', '[auth-libvirt-broken] has no line credentials=NAME'],
  ['dangling', '[auth-libvirt-dangling] refers to [credentials-nobody], which is not there'],
])('a file that cannot be followed is said so: %s', async (host, why) => {
  write('mine.conf');
  await expect(find(`qemu+tls://${host}/`)).rejects.toMatchObject({
    codeName: 'CONF_SYNTAX',
    message: expect.stringContaining(why),
  });
});
