import { once } from 'node:events';
import { acquireLock } from '../src/index.ts';

/** Takes a lock, says so, and keeps it until its stdin ends: `node lock-holder.ts DIRECTORY NAME`. */
const [directory = '', name = ''] = process.argv.slice(2);
const lock = await acquireLock({ directory, name });
process.stdout.write('held\n');
process.stdin.resume();
await once(process.stdin, 'end');
await lock.release();
