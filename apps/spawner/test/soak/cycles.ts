// Makes and deletes instances in one process, and says after each what it holds: one JSON object a line, see sample.ts. Run by
// node --expose-gc: cycles.ts STATE-DIR SPECIFICATION CYCLES [leak: forgets something of each kind in each cycle]
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { destroy, openHost, readSettings, readSpecFile, requestFromSpec, spawn } from '../../src/index.ts';
import { takeSample } from './sample.ts';

/** Guests are started now and then only: what a start costs is QEMU's. */
const START_EVERY = 10;

const [statePath = '', specPath = '', cycles = '', leak] = process.argv.slice(2);
const settings = await readSettings({ env: {}, uid: 0, flags: { statePath, uri: 'qemu:///system' } });
const file = await readSpecFile(specPath);
const { name } = file.spec;
const forgotten: unknown[] = [];
await using host = openHost({ settings });
for (let cycle = 1; cycle <= Number(cycles); cycle++) {
  await destroy(host, await spawn(host, requestFromSpec(file), { powerOn: cycle % START_EVERY === 0 }));
  if (leak) await forget(cycle);
  process.stdout.write(`${JSON.stringify(await takeSample(host, name))}\n`);
}

/** A file that is open, 160 KB of memory, a file, and a domain. */
async function forget(cycle: number): Promise<void> {
  forgotten.push(
    await open('/dev/null'),
    Array.from({ length: 20_000 }, (_, index) => index + cycle),
  );
  await writeFile(join(host.paths.locks, `forgotten-${cycle}`), '');
  const xml = `<domain type='qemu'><name>${name}-${cycle}</name><memory>1024</memory><os><type>hvm</type></os></domain>`;
  await (await host.connect()).domains.define(xml);
}
