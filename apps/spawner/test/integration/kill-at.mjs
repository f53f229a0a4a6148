// Loaded before the spawner (node --import): kills it, as kill -9 does, at one record of a journal. SPAWNKIT_KILL_AT is
// "<n> before", "<n> torn" or "<n> after": before record n is written, when half of it is, or once it is written and
// nothing has followed it. Instead of a number, a word: the first record that has it.
import { readlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';

const [wanted, moment] = (process.env.SPAWNKIT_KILL_AT ?? '').split(' ');
const probe = await open('/dev/null', 'r');
const prototype = Object.getPrototypeOf(probe);
await probe.close();

const { write } = prototype;
let records = 0;
prototype.write = async function (buffer, offset, length, position) {
  const isRecord = /\/(?:journal|operations)\/[^/]+\.jsonl$/.test(readlinkSync(`/proc/self/fd/${this.fd}`));
  if (!isRecord || !isWanted(++records, buffer)) return write.call(this, buffer, offset, length, position);
  if (moment === 'before') die();
  const written = await write.call(this, buffer, offset, moment === 'torn' ? Math.floor(length / 2) : length, position);
  if (moment === 'torn') die();
  setImmediate(die);
  return written;
};

function isWanted(number, buffer) {
  return /^\d+$/.test(wanted) ? number === Number(wanted) : buffer.includes(wanted);
}

function die() {
  process.kill(process.pid, 'SIGKILL');
  // The signal is here before this line is over.
  for (;;);
}
