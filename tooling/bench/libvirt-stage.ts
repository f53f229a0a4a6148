import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../packages/libvirt/src/index.ts';

export const VOLUME_MIB = 256;
export const DOMAINS = 1000;

/** What both contenders work on. */
export interface Stage extends AsyncDisposable {
  readonly volume: string;
  /** A host of the test driver with many domains, which each connection has for itself. */
  readonly manyDomains: string;
}

export async function prepare(): Promise<Stage> {
  const directory = mkdtempSync(join(tmpdir(), 'spawnkit-bench-'));
  const pool = join(directory, 'pool');
  mkdirSync(pool);
  const conn = await connect('qemu:///system');
  const name = `spawnkit-bench-${randomUUID().slice(0, 8)}`;
  const storage = await conn.storagePools.createXml(
    `<pool type='dir'><name>${name}</name><target><path>${pool}</path></target></pool>`,
  );
  const volume = await storage.createVolume(
    `<volume><name>disk</name><capacity unit='MiB'>${VOLUME_MIB}</capacity><target><format type='raw'/></target></volume>`,
  );
  const upload = await volume.upload();
  const chunk = Buffer.alloc(1_048_576, 'spawnkit');
  for (let i = 0; i < VOLUME_MIB; i++) upload.write(chunk);
  await new Promise<void>((resolve, reject) => upload.on('error', reject).end(() => resolve()));
  const hosts = join(directory, 'hosts.xml');
  writeFileSync(hosts, `<node>${Array.from({ length: DOMAINS }, (_, i) => domainXml(`d${i}`)).join('')}</node>`);
  return {
    volume: await volume.path(),
    manyDomains: `test+unix://${hosts}`,
    async [Symbol.asyncDispose]() {
      await storage.destroy();
      await conn[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A domain of the test driver. */
export function domainXml(name: string, uuid: string = randomUUID()): string {
  return `<domain type='test'><name>${name}</name><uuid>${uuid}</uuid><memory>8192</memory><os><type>hvm</type></os></domain>`;
}
