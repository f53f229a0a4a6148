import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build, Domain } from '@spawnkit/guest-config';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { designGuest } from '../../src/index.ts';
import { everyRecordedCase } from '../recorded-hosts.ts';
import { outcomeOf } from '../recorded-outcome.ts';
import { smallRequest, vif } from '../small-request.ts';

const run = promisify(execFile);
const schema = '/usr/share/libvirt/schemas/domain.rng';
/** Where virtlogd may write. */
const logs = '/var/log/libvirt/qemu';
const lab = join(import.meta.dirname, '../../../../tooling/lab/lab');

const noSchema = existsSync(schema) ? undefined : `${schema} is not there: install libvirt-daemon`;
if (noSchema) process.stderr.write(`skipped, libvirt's schema: ${noSchema}\n`);
const noDaemon = process.getuid?.() === 0 ? undefined : 'the lab’s libvirtd needs root';
if (noDaemon) process.stderr.write(`skipped, guests of a real daemon: ${noDaemon}\n`);

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spawnkit-designer-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe.skipIf(noSchema)('libvirt’s schema', () => {
  test('accepts every recorded guest as we design it', async () => {
    const files = await designedFiles();
    expect(files.length).toBeGreaterThan(500);
    const rejected = await rejectedFiles(files);
    expect(rejected).toEqual([]);
  });
});

/** Writes each guest of the recording as we design it. */
async function designedFiles(): Promise<readonly string[]> {
  const files: string[] = [];
  for await (const { one, host } of everyRecordedCase()) {
    const outcome = outcomeOf(one, host);
    if ('code' in outcome) continue;
    const file = join(directory, `${one.id.replaceAll('/', '_')}.xml`);
    await writeFile(file, forSchema(outcome.xml));
    files.push(file);
  }
  return files;
}

/** The schema forgets that a container has a command line, which libvirt hands to its first process. */
function forSchema(xml: string): string {
  return xml.includes('<domain type="lxc">') ? xml.replace(/<cmdline>.*<\/cmdline>/, '') : xml;
}

async function rejectedFiles(files: readonly string[]): Promise<readonly string[]> {
  const result = await run('xmllint', ['--noout', '--relaxng', schema, ...files], { maxBuffer: 2 ** 24 }).catch(
    (error: { stderr: string }) => error,
  );
  return result.stderr.split('\n').filter((line) => line !== '' && !line.endsWith(' validates'));
}

describe.skipIf(noDaemon)('a real daemon', () => {
  const virsh = (...args: readonly string[]) => run('virsh', ['-c', 'qemu:///system', ...args]);

  beforeAll(() => run('bash', [lab, 'up', 'libvirt']), 120_000);

  test.each(['pc', 'q35'])('starts a guest of the machine type %s as it was designed', async (machine) => {
    const name = `designer-${machine}-${randomUUID().slice(0, 8)}`;
    const disk = join(directory, `${name}.qcow2`);
    await chmod(directory, 0o755);
    await run('qemu-img', ['create', '-q', '-f', 'qcow2', disk, '1M']);
    const small = smallRequest({
      properties: { hw_machine_type: machine, hw_qemu_guest_agent: 'true' },
      extraSpecs: { 'hw:watchdog_action': 'reset', 'hw:boot_menu': 'true' },
      config: { tcgTbCacheMiB: 64 },
      networkInfo: [vif('user')],
    });
    const guest = designGuest({
      ...small,
      instance: { ...small.instance, uuid: randomUUID() },
      domainName: name,
      disks: new Map([['disk', { type: 'file', path: disk, format: 'qcow2' }]]),
      host: { ...small.host, supportsDirectIo: false },
      consoleLogPath: join(logs, `${name}-console.log`),
    });
    const file = join(directory, `${name}.xml`);
    await writeFile(file, build(Domain, guest));
    try {
      await virsh('define', '--validate', file);
      await virsh('start', '--paused', name);
      expect((await virsh('domstate', name)).stdout.trim()).toBe('paused');
      expect((await virsh('ttyconsole', name)).stdout).toMatch(/^\/dev\/pts\/\d+/);
    } finally {
      await virsh('destroy', name).catch(() => undefined);
      await virsh('undefine', name).catch(() => undefined);
      for (const log of [`${name}.log`, `${name}-console.log`]) await rm(join(logs, log), { force: true });
    }
  });
});
