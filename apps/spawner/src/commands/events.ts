import type { CliContext } from '../cli-context.ts';
import { followEvents, type HostEvent } from '../events/events-stream.ts';
import { openHost } from '../host.ts';
import { findInstance } from '../instance/inventory.ts';
import { toJson } from '../output/json.ts';

/** `spawner events`: what happens to the instances of this host, as it happens; with `--json` one object per line. */
export async function events(cli: CliContext, wanted: string | undefined): Promise<void> {
  await using host = openHost(cli);
  const uuid = wanted === undefined ? undefined : (await findInstance(host, wanted)).uuid;
  const onEvent = (event: HostEvent) => process.stdout.write(`${cli.json ? toJson(event) : asText(event)}\n`);
  const onReady = () => process.stderr.write(cli.json ? '' : 'Listening; Ctrl-C ends this.\n');
  await followEvents(host, { uuid, onEvent, onReady, signal: cli.signal });
}

function asText({ at, name, event, detail }: HostEvent): string {
  return `${at}  ${name}  ${event}${detail === undefined ? '' : ` (${detail})`}`;
}
