import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GuestXmlCase } from './recorded-case.ts';
import { readRecordedHost, type RecordedHost } from './recorded-host.ts';

/** The project's own copy of the recording. */
export const ownVectors = join(import.meta.dirname, 'vectors/guestxml');

/** Every recorded case of a directory, with its host. */
export async function* everyRecordedCase(
  directory: string = ownVectors,
): AsyncIterable<{ readonly one: GuestXmlCase; readonly host: RecordedHost }> {
  const hosts = new Map<string, RecordedHost>();
  for (const name of ['cpu', 'storage', 'network', 'platform', 'random']) {
    const text = await readFile(join(directory, `${name}.json`), 'utf8');
    for (const one of JSON.parse(text) as readonly GuestXmlCase[]) {
      const host = hosts.get(one.host) ?? (await readRecordedHost(directory, one.host));
      hosts.set(one.host, host);
      yield { one, host };
    }
  }
}
