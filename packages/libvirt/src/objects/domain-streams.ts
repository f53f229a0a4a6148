import type { Duplex } from 'node:stream';
import type { CallOptions, RpcClient } from '../client/rpc-client.ts';
import { DomainChannelFlags, DomainConsoleFlags } from '../generated/enums.gen.ts';
import { domainOpenChannel, domainOpenConsole, domainScreenshot } from '../generated/procedures.gen.ts';
import { duplexOver } from '../streams/duplex.ts';
import type { DomainHandle } from './domain-ref.ts';

export interface ChannelOptions extends CallOptions {
  /** Takes it from whoever has it open. */
  readonly force?: boolean | undefined;
  /** Received bytes that may wait for a slow reader; default 64 MiB. */
  readonly bufferLimitBytes?: number | undefined;
}

export interface ConsoleOptions extends ChannelOptions {
  /** Alias of the device, `serial0`; default the first console. */
  readonly device?: string | undefined;
  /** Refuses unless the driver supports exclusive access to consoles. */
  readonly safe?: boolean | undefined;
}

export interface ScreenshotOptions extends CallOptions {
  /** Default 0. */
  readonly screen?: number | undefined;
}

/** A picture of a screen, in whatever format the hypervisor makes. */
export interface Screenshot {
  readonly mime: string | undefined;
  readonly stream: Duplex;
}

export async function openConsole(client: RpcClient, dom: DomainHandle, options: ConsoleOptions): Promise<Duplex> {
  const { device, force, safe, signal, bufferLimitBytes } = options;
  const flags = (force ? DomainConsoleFlags.FORCE : 0) | (safe ? DomainConsoleFlags.SAFE : 0);
  const { stream } = await client.openStream(domainOpenConsole, { dom, devName: device, flags }, { signal });
  return duplexOver(stream, { direction: 'both', signal, bufferLimitBytes });
}

export async function openChannel(
  client: RpcClient,
  dom: DomainHandle,
  name: string,
  { force, signal, bufferLimitBytes }: ChannelOptions,
): Promise<Duplex> {
  const flags = force ? DomainChannelFlags.FORCE : 0;
  const { stream } = await client.openStream(domainOpenChannel, { dom, name, flags }, { signal });
  return duplexOver(stream, { direction: 'both', signal, bufferLimitBytes });
}

export async function takeScreenshot(
  client: RpcClient,
  dom: DomainHandle,
  { screen = 0, signal }: ScreenshotOptions,
): Promise<Screenshot> {
  const { ret, stream } = await client.openStream(domainScreenshot, { dom, screen, flags: 0 }, { signal });
  return { mime: ret.mime, stream: duplexOver(stream, { direction: 'read', signal }) };
}
