import type { EventStream } from '@spawnkit/libvirt';
import type { Host } from '../host.ts';
import { listInstances } from '../instance/inventory.ts';

/** Something that happened to an instance of this host. */
export interface HostEvent {
  /** ISO 8601, when it arrived here. */
  readonly at: string;
  readonly name: string;
  readonly uuid: string;
  /** libvirt's word: `STARTED`, `STOPPED`, `REBOOT`, `IO_ERROR`, … */
  readonly event: string;
  /** libvirt's reason, or what it concerns. */
  readonly detail?: string | undefined;
}

export interface FollowOptions {
  /** Only of this instance. */
  readonly uuid?: string | undefined;
  readonly onEvent: (event: HostEvent) => void;
  /** Called when events are heard: what happens from then on is told. */
  readonly onReady?: (() => void) | undefined;
  readonly signal: AbortSignal;
}

/** What is told of a domain's event. */
interface Told {
  readonly domain: { readonly uuid: string };
  readonly event: string;
  readonly detail?: string | undefined;
}

/**
 * Tells what happens to the instances of this host until the signal aborts; domains of others are left out. Throws
 * libvirt's errors, `ConnectionLostError` when the daemon goes.
 */
export async function followEvents(host: Host, { uuid, onEvent, onReady, signal }: FollowOptions): Promise<void> {
  const conn = await host.connect({ signal });
  const names = instanceNames(host);
  const { events } = conn;
  await using lifecycle = await events.domain('lifecycle', { signal });
  await using reboot = await events.domain('reboot', { signal });
  await using ioError = await events.domain('ioErrorReason', { signal });
  await using watchdog = await events.domain('watchdog', { signal });
  await using removed = await events.domain('deviceRemoved', { signal });
  onReady?.();
  const tell = async ({ domain, event, detail }: Told) => {
    if (uuid !== undefined && domain.uuid !== uuid) return;
    const name = await names(domain.uuid);
    if (name === undefined) return;
    const at = new Date(host.clock.now()).toISOString();
    onEvent({ at, name, uuid: domain.uuid, event, ...(detail === undefined ? {} : { detail }) });
  };
  try {
    await Promise.all([
      each(lifecycle, ({ domain, event, detail }) => tell({ domain, event, detail })),
      each(reboot, ({ domain }) => tell({ domain, event: 'REBOOT' })),
      each(ioError, ({ domain, path, reason }) =>
        tell({ domain, event: 'IO_ERROR', detail: `${path} ${reason}`.trim() }),
      ),
      each(watchdog, ({ domain, action }) => tell({ domain, event: 'WATCHDOG', detail: action })),
      each(removed, ({ domain, alias }) => tell({ domain, event: 'DEVICE_REMOVED', detail: alias })),
    ]);
  } catch (error) {
    // Ctrl-C is how it ends.
    if (!signal.aborted) throw error;
  }
}

async function each<Event>(stream: EventStream<Event>, tell: (event: Event) => Promise<void>): Promise<void> {
  for await (const event of stream) await tell(event);
}

/** Names by UUID, looked up again for one that is not known: it may be of an instance that is just being made. */
function instanceNames(host: Host): (uuid: string) => Promise<string | undefined> {
  const names = new Map<string, string>();
  return async (uuid) => {
    if (!names.has(uuid)) for (const one of await listInstances(host)) names.set(one.uuid, one.name);
    return names.get(uuid);
  };
}
