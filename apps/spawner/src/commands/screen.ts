import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Domain, type Graphics, parse } from '@spawnkit/guest-config';
import type { CliContext } from '../cli-context.ts';
import { SpawnerError } from '../errors.ts';
import { type Host, openHost } from '../host.ts';
import { findInstance } from '../instance/inventory.ts';

/** `spawner screenshot`: what the guest's screen shows, as a file in whatever format the hypervisor makes. */
export async function screenshot(cli: CliContext, name: string, file: string | undefined): Promise<void> {
  await using host = openHost(cli);
  const { signal } = cli;
  const { domain, instance } = await runningDomain(host, name, signal);
  const { mime = 'image/x-portable-pixmap', stream } = await domain.screenshot({ signal });
  const path = resolve(file ?? `${instance.name}.${extensions[mime] ?? 'ppm'}`);
  const draft = `${path}.draft`;
  try {
    await pipeline(stream, createWriteStream(draft, { mode: 0o600 }), { signal });
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
  cli.print({ path, mime }, path);
}

/** `spawner display`: where a viewer connects to the guest's screen. */
export async function display(cli: CliContext, name: string): Promise<void> {
  await using host = openHost(cli);
  const { signal } = cli;
  const { domain, instance } = await runningDomain(host, name, signal);
  const { devices } = parse(Domain, await domain.xml({ signal }));
  const urls = (devices?.graphics ?? []).flatMap(urlOf);
  if (urls.length === 0) {
    throw new SpawnerError('NOT_FOUND', `"${instance.name}" has no display that a viewer could connect to`, {
      fix: `It has a console: spawner console ${instance.name}.`,
    });
  }
  cli.print({ displays: urls }, urls.join('\n'));
}

const extensions: Readonly<Record<string, string>> = { 'image/png': 'png', 'image/x-portable-pixmap': 'ppm' };

async function runningDomain(host: Host, name: string, signal: AbortSignal) {
  const instance = await findInstance(host, name);
  const conn = await host.connect({ uri: instance.uri, signal });
  const domain = await conn.domains.byUuid(instance.uuid, { signal });
  if (await domain.isActive({ signal })) return { domain, instance };
  throw new SpawnerError('NOT_FOUND', `"${instance.name}" has no screen: it does not run`, {
    fix: `\`spawner start ${instance.name}\` starts it.`,
  });
}

function urlOf(graphics: Graphics): readonly string[] {
  if (graphics.type !== 'vnc' && graphics.type !== 'spice') return [];
  const { port, listen = '127.0.0.1' } = graphics;
  if (port === undefined || port < 0) return [];
  return [`${graphics.type}://${listen.includes(':') ? `[${listen}]` : listen}:${port}`];
}
