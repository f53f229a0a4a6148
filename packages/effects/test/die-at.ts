import promises, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

type Call = (...args: never[]) => Promise<unknown>;

/**
 * Counts moments (before and after every change to a file system, in the middle of every write, and wherever the answer
 * is called) and ends this process by SIGKILL at the given one. The answer counts one moment.
 */
export async function dieAt(moment: number): Promise<() => void> {
  let count = 0;
  const tick = () => {
    if (++count === moment) process.kill(process.pid, 'SIGKILL');
  };
  const around = (call: Call): Call =>
    async function (this: unknown, ...args) {
      tick();
      const result = await call.apply(this, args);
      tick();
      return result;
    };
  await using sample: FileHandle = await promises.open('/dev/null');
  const handle = Object.getPrototypeOf(sample) as Record<string, Call>;
  for (const name of ['datasync', 'sync', 'truncate']) handle[name] = around(handle[name] as Call);
  handle['write'] = inHalves(handle['write'] as Call, tick);
  const functions = promises as unknown as Record<string, Call>; // named exports of a builtin, by name
  for (const name of ['mkdir', 'open', 'rm', 'writeFile', 'link']) functions[name] = around(functions[name] as Call);
  syncBuiltinESMExports();
  return tick;
}

/** write(bytes, offset, length, position) as two writes with a moment between them: what a crash leaves of a record. */
function inHalves(write: Call, tick: () => void): Call {
  return async function (this: unknown, bytes: Buffer, offset: number, length: number, position: number) {
    const half = length >> 1;
    tick();
    await write.apply(this, [bytes, offset, half, position] as never[]);
    tick();
    await write.apply(this, [bytes, offset + half, length - half, position + half] as never[]);
    tick();
    return { bytesWritten: length, buffer: bytes };
  };
}
