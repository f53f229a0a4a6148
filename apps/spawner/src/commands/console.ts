import type { Duplex } from 'node:stream';
import type { CliContext } from '../cli-context.ts';
import { SpawnerError } from '../errors.ts';
import { openHost } from '../host.ts';
import { findInstance } from '../instance/inventory.ts';

/** Ctrl-], as in telnet and virsh. */
const ESCAPE = 0x1d;

/** `spawner console`: this terminal becomes the instance's serial console until Ctrl-] or the end of the guest. */
export async function attachConsole(
  cli: CliContext,
  name: string,
  { force = false }: { force?: boolean },
): Promise<void> {
  await using host = openHost(cli);
  const instance = await findInstance(host, name);
  const conn = await host.connect({ uri: instance.uri, signal: cli.signal });
  const domain = await conn.domains.byUuid(instance.uuid, { signal: cli.signal });
  const { state } = await domain.state({ signal: cli.signal });
  if (state !== 'RUNNING' && state !== 'PAUSED') {
    throw new SpawnerError('NOT_FOUND', `"${instance.name}" has no console: its domain is ${state}`, {
      fix: `\`spawner logs ${instance.name}\` shows what its console has shown.`,
    });
  }
  const stream = await domain.console({ force, signal: cli.signal });
  process.stderr.write(`Connected to "${instance.name}". Ctrl-] leaves.\r\n`);
  await converse(stream, cli.signal);
}

async function converse(stream: Duplex, signal: AbortSignal): Promise<void> {
  const { stdin, stdout } = process;
  const raw = stdin.isTTY;
  const { promise: over, resolve, reject } = Promise.withResolvers<void>();
  const typed = (bytes: Buffer) => {
    const escape = raw ? bytes.indexOf(ESCAPE) : -1;
    const wanted = escape < 0 ? bytes : bytes.subarray(0, escape);
    if (wanted.length > 0) stream.write(wanted);
    if (escape >= 0) resolve();
  };
  const leave = () => resolve();
  if (raw) stdin.setRawMode(true);
  stdin.on('data', typed).resume();
  // A pipe that ends has said everything; what the guest answers is still to come until Ctrl-C.
  signal.addEventListener('abort', leave, { once: true });
  stream.on('data', (bytes: Buffer) => stdout.write(bytes));
  stream.on('end', leave).on('close', leave).on('error', reject);
  try {
    await over;
  } finally {
    signal.removeEventListener('abort', leave);
    stdin.off('data', typed).pause();
    if (raw) stdin.setRawMode(false);
    stream.on('error', () => {}).destroy();
    process.stderr.write('\r\n');
  }
}
