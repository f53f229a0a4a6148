import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GuestXmlCase } from '../recorded-case.ts';
import { exceptionRule } from '../recorded-exceptions.ts';
import { libvirtRefuses } from '../libvirt-refusals.ts';
import { everyRecordedCase } from '../recorded-hosts.ts';
import { outcomeOf } from '../recorded-outcome.ts';
import { sevHost } from '../sev-host.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../../..');
/** Names of our domains, so that nothing else is touched. */
const prefix = `designed-${randomUUID().slice(0, 8)}`;

const noDaemon = process.getuid?.() === 0 ? undefined : 'the lab’s libvirtd needs root';
if (noDaemon) process.stderr.write(`skipped, documents for a real daemon: ${noDaemon}\n`);

/** The lab's processors cannot encrypt the memory of guests; another libvirt judges those guests. */
const needsSev = 'SEV launch security is not supported with this QEMU binary';

const system = 'qemu:///system';
let directory = '';
let withSev = '';
let count = 0;

describe.skipIf(noDaemon)('libvirt 9 with the emulators of every recorded architecture', () => {
  beforeAll(async () => {
    await run(join(root, 'tooling/setup/debian'), ['base', 'emulators'], { timeout: 600_000 });
    await run('bash', [join(root, 'tooling/lab/lab'), 'up', 'libvirt', '--no-network']);
    directory = await mkdtemp(join(tmpdir(), 'spawnkit-designed-'));
    withSev = await sevHost(join(directory, 'sev'));
  }, 700_000);
  afterAll(async () => {
    if (directory) await rm(directory, { recursive: true, force: true });
  });

  test('defines every guest that is designed for a PC host', { timeout: 600_000 }, async () => {
    const refused: Record<string, string> = {};
    let defined = 0;
    for await (const { one, host } of everyRecordedCase()) {
      const ours = outcomeOf(one, host);
      if (!isPcHost(one) || !('xml' in ours)) continue;
      const error = await refusal(ours.xml);
      if (error === undefined) defined++;
      else refused[one.id] = error;
    }
    expect(refused).toEqual({});
    expect(defined).toBeGreaterThan(430);
  });

  test('takes guests with encrypted memory where the host has AMD SEV, and there alone', async () => {
    let checked = 0;
    for await (const { one, host } of everyRecordedCase()) {
      const ours = outcomeOf(one, host);
      if (!('xml' in ours) || !isEncrypted(ours.xml)) continue;
      checked++;
      expect(await refusal(ours.xml, system)).toContain(needsSev);
      expect(await refusal(ours.xml, withSev)).toBeUndefined();
    }
    expect(checked).toBe(3);
  });

  test('refuses every document of Nova’s that our rules say it refuses', { timeout: 600_000 }, async () => {
    const accepted: string[] = [];
    let checked = 0;
    for await (const { one, host } of everyRecordedCase()) {
      const { xml } = one.expect;
      if (!isPcHost(one) || typeof xml !== 'string') continue;
      if (!exceptionRule(one, outcomeOf(one, host), host)?.includes(libvirtRefuses)) continue;
      checked++;
      if ((await refusal(xml)) === undefined) accepted.push(one.id);
    }
    expect(accepted).toEqual([]);
    expect(checked).toBe(14);
  });
});

function isPcHost({ host }: GuestXmlCase): boolean {
  return host.startsWith('x86');
}

function isEncrypted(xml: string): boolean {
  return xml.includes('<launchSecurity');
}

/** Defines a document under a name and UUID of our own and undefines it; answers libvirt's words when it refuses. */
async function refusal(xml: string, uri = isEncrypted(xml) ? withSev : system): Promise<string | undefined> {
  const name = `${prefix}-${count++}`;
  const uuid = randomUUID();
  const own = xml
    .replace(/<name>[^<]*<\/name>/, `<name>${name}</name>`)
    .replace(/<uuid>[^<]*<\/uuid>/, `<uuid>${uuid}</uuid>`)
    .replace(/<entry name="uuid">[^<]*</, `<entry name="uuid">${uuid}<`);
  const file = join(directory, `${name}.xml`);
  await writeFile(file, own);
  try {
    await virsh(uri, 'define', '--validate', file);
    return undefined;
  } catch (error) {
    return (error as { stderr: string }).stderr;
  } finally {
    await virsh(uri, 'undefine', '--nvram', '--tpm', name).catch(() => undefined);
    await rm(file);
  }
}

function virsh(uri: string, ...args: readonly string[]) {
  return run('virsh', ['-q', '-c', uri, ...args], { timeout: 60_000 });
}
