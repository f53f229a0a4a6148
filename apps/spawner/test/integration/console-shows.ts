import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';

/** What the console of an instance has shown since its last start, as soon as that has a text. */
export async function consoleShows(instancePath: string, wanted: string): Promise<string> {
  for (let turn = 0; turn < 900; turn++) {
    const shown = await readFile(join(instancePath, 'console.log'), 'utf8');
    if (shown.includes(wanted)) return shown.replaceAll('\r', '');
    await delay(100);
  }
  return expect.unreachable(`the console does not show "${wanted}"`);
}
