// Loaded before the spawner (node --import): loads what it needs, then waits on file descriptor 3 for one line of JSON:
// { args, at, moment, records }, see standby.ts. Most of a command's time is its start, and so passes before it is asked for.
import { appendFileSync, createReadStream, readFileSync, readlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { nameOf } from './record-names.mjs';

await import('../../dist/index.js');
const line = await text(createReadStream('', { fd: 3 }));
// Nobody wants it any more.
if (line === '') process.exit(0);
const { args, at, moment, records } = JSON.parse(line);
process.argv.push(...args);

const probe = await open('/dev/null', 'r');
const prototype = Object.getPrototypeOf(probe);
await probe.close();
const { write } = prototype;
const seen = new Map();

prototype.write = async function (buffer, offset, length, position) {
  const isRecord = /\/(?:journal|operations)\/[^/]+\.jsonl$/.test(readlinkSync(`/proc/self/fd/${this.fd}`));
  if (!isRecord) return write.call(this, buffer, offset, length, position);
  const record = JSON.parse(Buffer.from(buffer.subarray(offset, offset + length)).toString());
  const name = numbered(nameOf(record, readFileSync(`/proc/self/fd/${this.fd}`, 'utf8')));
  if (records) appendFileSync(records, `${name}\n`);
  if (name !== at) return write.call(this, buffer, offset, length, position);
  if (moment === 'before') die();
  if (moment === 'refused') throw Object.assign(new Error(`ENOSPC: injected at "${name}"`), { code: 'ENOSPC' });
  const written = await write.call(this, buffer, offset, moment === 'torn' ? Math.floor(length / 2) : length, position);
  if (moment === 'torn') die();
  if (moment === 'after') setImmediate(die);
  if (moment === 'interrupted') process.kill(process.pid, 'SIGINT');
  if (moment === 'command killed') process.kill(record.child.pid, 'SIGKILL');
  return written;
};

/** The second record of the same name gets a number. */
function numbered(name) {
  const count = (seen.get(name) ?? 0) + 1;
  seen.set(name, count);
  return count === 1 ? name : `${name} ${count}`;
}

function die() {
  process.kill(process.pid, 'SIGKILL');
  // The signal is here before this line is over.
  for (;;);
}
