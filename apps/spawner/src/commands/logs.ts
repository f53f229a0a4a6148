import { join } from 'node:path';
import type { CliContext } from '../cli-context.ts';
import { followLog, type LogPosition, logFiles, readLog, startOfLastLines } from '../wait/console-log.ts';
import { SpawnerError } from '../errors.ts';
import { openHost } from '../host.ts';
import { findInstance } from '../instance/inventory.ts';

/** `spawner logs`: the console log, whole, its last lines, or as it grows. */
export async function logs(
  cli: CliContext,
  name: string,
  { follow = false, lines }: { follow?: boolean; lines?: number },
): Promise<void> {
  await using host = openHost(cli);
  const instance = await findInstance(host, name);
  const path = join(instance.instancePath, 'console.log');
  try {
    const files = await logFiles(path);
    const from = lines === undefined ? { file: files[0] ?? path, offset: 0 } : await startOfLastLines(files, lines);
    const end = await print(readLog(files, from));
    if (follow) for await (const chunk of followLog(path, end, cli.signal)) process.stdout.write(chunk);
  } catch (error) {
    // Ctrl-C is how following ends.
    if (follow && cli.signal.aborted) return;
    throw unreadable(instance.name, path, error);
  }
}

async function print(chunks: AsyncGenerator<Buffer, LogPosition>): Promise<LogPosition> {
  for (;;) {
    const next = await chunks.next();
    if (next.done) return next.value;
    process.stdout.write(next.value);
  }
}

function unreadable(name: string, path: string, cause: unknown): unknown {
  if (!(cause instanceof Error && 'code' in cause && typeof cause.code === 'string')) return cause;
  const missing = cause.code === 'ENOENT';
  return new SpawnerError(
    missing ? 'NOT_FOUND' : 'HOST_NOT_READY',
    missing
      ? `The instance "${name}" has no console log: there is no file "${path}"`
      : `Cannot read the console log of "${name}", "${path}": ${cause.message}`,
    {
      cause,
      ...(missing ? {} : { fix: 'The log belongs to the user who runs libvirt: run this as root.' }),
    },
  );
}
