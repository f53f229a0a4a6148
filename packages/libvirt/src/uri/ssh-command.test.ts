import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, property, string } from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseUri } from './parse-uri.ts';
import { quote, sshCommand } from './ssh-command.ts';

const command = (uri: string, readonly = false) => sshCommand(parseUri(uri), { readonly });
const options = (uri: string) => command(uri).args.slice(0, -3).join(' ');

test('the system’s ssh is told what the URI says', () => {
  expect(command('qemu+ssh://h/system').file).toBe('ssh');
  expect(command('qemu+ssh://h/system').args.slice(0, -1)).toEqual(['-T', '-e', 'none', '--', 'h']);
  expect(options('qemu+ssh://me@h:2222/system?keyfile=/k&no_tty=1')).toBe(
    '-T -e none -p 2222 -l me -i /k -o BatchMode=yes',
  );
  expect(options('qemu+ssh://h/?no_verify=1&known_hosts=/k%20h')).toBe(
    '-T -e none -o StrictHostKeyChecking=no -o UserKnownHostsFile="/k h"',
  );
  expect(options('qemu+libssh2://h/?known_hosts_verify=auto&sshauth=privkey,password')).toBe(
    '-T -e none -o StrictHostKeyChecking=accept-new -o PreferredAuthentications=publickey,password -o IdentityAgent=none',
  );
  expect(options('qemu+ssh://h/?sshauth=agent&no_verify=0')).toBe('-T -e none -o PreferredAuthentications=publickey');
  expect(command('qemu+ssh://h/system?command=/opt/ssh').file).toBe('/opt/ssh');
});

test.each([
  ['qemu+ssh://h/?proxy=telnet', 'allowed are auto, native, netcat'],
  ['qemu+ssh://h/?proxy=native&netcat=nc', 'netcat= says nothing with proxy=native'],
  ['remote+ssh://h/?proxy=native', 'proxy=native needs a driver'],
  ['qemu+ssh://h/session?proxy=netcat', 'give socket=, or proxy=native'],
  ['qemu+ssh://h/?sshauth=agent,kerberos', 'sshauth has "kerberos"; allowed are agent, privkey, password'],
  ['qemu+ssh://h/?sshauth=constructor', 'sshauth has "constructor"'],
  ['qemu+ssh://h/?known_hosts_verify=maybe', 'allowed are normal, auto, ignore'],
])('%s is INVALID_URI', (uri, why) => {
  expect(() => command(uri)).toThrow(
    expect.objectContaining({ code: 'INVALID_URI', message: expect.stringContaining(why) }),
  );
});

test('quoted text is one word for sh, whatever is in it', () => {
  const words = string({ unit: 'binary', minLength: 1, maxLength: 40 }).filter(
    (text) => !text.includes('\0') && !/[\ud800-\udfff]/.test(text),
  );
  assert(
    property(words, (text) => {
      const script = `printf %s ${quote(`printf %s ${quote(text)}`)}`;
      const inner = execFileSync('sh', ['-c', script], { encoding: 'utf8' });
      expect(execFileSync('sh', ['-c', inner], { encoding: 'utf8' })).toBe(text);
    }),
    { numRuns: 40 },
  );
});

/** What a far side that has some programs would run, by name and arguments. */
let far: string;
beforeAll(() => {
  far = mkdtempSync(join(tmpdir(), 'libvirt-far-'));
  for (const [name, says] of [
    ['plain', 'invalid option -- q'],
    ['openbsd', 'nc: option requires an argument -- q'],
  ]) {
    const nc = `#!/bin/sh\n[ "$*" = -q ] && { echo '${says}' >&2; exit 1; }\nprintf '%s|' "\${0##*/}" "$@"\n`;
    writeFileSync(join(far, `nc ${name}'s`), nc, { mode: 0o755 });
  }
  symlinkSync(join(far, `nc openbsd's`), join(far, 'nc'));
  for (const name of ['sh', 'grep']) symlinkSync(`/bin/${name}`, join(far, name));
});
afterAll(() => rmSync(far, { recursive: true }));

/** As sshd has the user's login shell do it. */
function run(uri: string, { readonly = false, helper = false } = {}): string {
  const file = join(far, 'virt-ssh-helper');
  writeFileSync(file, '#!/bin/sh\nprintf "%s|" "${0##*/}" "$@"\n');
  chmodSync(file, helper ? 0o755 : 0o644);
  const { args } = command(uri, readonly);
  return execFileSync('/bin/sh', ['-c', args.at(-1) ?? ''], { encoding: 'utf8', env: { PATH: far } });
}

test('the far side’s helper is preferred, and told what it has to know to find the socket', () => {
  expect(run('qemu+ssh://h/system?mode=legacy&keyfile=/k&a=b%27c', { helper: true })).toBe(
    "virt-ssh-helper|qemu:///system?mode=legacy&a=b'c|",
  );
  expect(run('qemu+ssh://h/system', { helper: true, readonly: true })).toBe('virt-ssh-helper|-r|qemu:///system|');
  expect(run('qemu+ssh://h/session', { helper: true })).toBe('virt-ssh-helper|qemu:///session|');
  expect(run('qemu+ssh://h/system?socket=/s&proxy=native', { helper: true })).toBe(
    'virt-ssh-helper|qemu:///system?socket=%2Fs|',
  );
});

test('without the helper netcat does it, with -q0 where it knows that', () => {
  expect(run('qemu+ssh://h/system')).toBe('nc|-q0|-U|/var/run/libvirt/libvirt-sock|');
  expect(run('qemu+ssh://h/system', { readonly: true })).toBe('nc|-q0|-U|/var/run/libvirt/libvirt-sock-ro|');
  expect(run(`qemu+ssh://h/system?netcat=nc%20plain%27s&socket=/a%20'b`, { helper: true })).toBe(
    "nc plain's|-U|/a 'b|",
  );
  expect(run('remote+ssh://h/', { helper: true })).toBe('nc|-q0|-U|/var/run/libvirt/libvirt-sock|');
  expect(run('remote+ssh://h/?name=lxc:///', { helper: true })).toBe('virt-ssh-helper|lxc:///|');
  expect(run('qemu+ssh://h/system?proxy=netcat', { helper: true })).toBe('nc|-q0|-U|/var/run/libvirt/libvirt-sock|');
});
