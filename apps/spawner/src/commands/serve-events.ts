import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Secret } from '@spawnkit/effects';
import type { CliContext } from '../cli-context.ts';
import { SpawnerError } from '../errors.ts';
import { openHost } from '../host.ts';
import { serveEvents } from '../events/serve-events.ts';

export interface ServeEventsFlags {
  /** `PORT`, `ADDRESS:PORT` or `[ADDRESS]:PORT`. */
  readonly listen: string;
  readonly tokenFile?: string;
}

/** `spawner serve-events`: takes events over HTTP, in the form that Nova takes them, until Ctrl-C. */
export async function serveEventsCommand(cli: CliContext, { listen, tokenFile }: ServeEventsFlags): Promise<void> {
  const { signal } = cli;
  await using host = openHost(cli);
  const token = tokenFile === undefined ? undefined : await readToken(tokenFile);
  await using server = await serveEvents(host, { ...addressOf(listen), token, signal });
  cli.print({ url: server.url }, `Taking events at ${server.url}; Ctrl-C ends this.`);
  // Ctrl-C is how it ends.
  if (!signal.aborted) await once(signal, 'abort');
}

function addressOf(text: string): { readonly address: string; readonly port: number } {
  const [, bracketed, plain, port = ''] = /^(?:(?:\[([^\]]+)\]|([^:]+)):)?(\d{1,5})$/.exec(text) ?? [];
  if (port !== '' && Number(port) <= 65_535) return { address: bracketed ?? plain ?? '127.0.0.1', port: Number(port) };
  throw new SpawnerError('USAGE', `--listen: "${text}" is not an address and a port`, {
    fix: 'For example 8774, 127.0.0.1:8774 or [::1]:8774.',
  });
}

async function readToken(path: string): Promise<Secret> {
  const text = (
    await readFile(path, 'utf8').catch((cause: Error) => {
      throw new SpawnerError('USAGE', `Cannot read the token file "${path}": ${cause.message}`, { cause });
    })
  ).trim();
  if (text !== '') return new Secret(text);
  throw new SpawnerError('USAGE', `The token file "${path}" is empty`, { fix: 'Put one line into it.' });
}
