import { attachDisk, attachNic, detach } from '../operations/attach.ts';
import type { AttachedDevice } from '../request/attached.ts';
import type { CliContext } from '../cli-context.ts';
import { SpawnerError } from '../errors.ts';
import { type Host, openHost } from '../host.ts';
import { findInstance, type KnownInstance } from '../instance/inventory.ts';
import { parseSize, sizeHint } from '../spec/units.ts';

export interface AttachDiskFlags {
  readonly size: string;
  readonly bus: 'virtio' | 'scsi' | 'sata';
}

/** `spawner attach disk` */
export async function attachDiskCommand(cli: CliContext, name: string, { size, bus }: AttachDiskFlags): Promise<void> {
  const sizeBytes = sizeOf('--size', size);
  await change(cli, name, 'attached', (host, instance) =>
    attachDisk(host, instance, { sizeBytes, bus, signal: cli.signal }),
  );
}

export interface AttachNicFlags {
  readonly network?: string;
  readonly bridge?: string;
}

/** `spawner attach nic` */
export async function attachNicCommand(
  cli: CliContext,
  name: string,
  { network, bridge }: AttachNicFlags,
): Promise<void> {
  const wanted = network === undefined ? (bridge === undefined ? undefined : { bridge }) : { network };
  if (!wanted || (network !== undefined && bridge !== undefined)) {
    throw new SpawnerError('USAGE', 'A network card is attached to a network or to a bridge', {
      fix: 'Give --network NAME or --bridge NAME.',
    });
  }
  await change(cli, name, 'attached', (host, instance) =>
    attachNic(host, instance, { network: wanted, signal: cli.signal }),
  );
}

/** `spawner detach` */
export async function detachCommand(
  cli: CliContext,
  name: string,
  device: string,
  { timeout }: { readonly timeout: number },
): Promise<void> {
  const options = { name: device, timeoutMs: timeout * 1000, signal: cli.signal };
  await change(cli, name, 'detached', (host, instance) => detach(host, instance, options));
}

/** A size of the command line. Throws {@link SpawnerError} `USAGE`. */
export function sizeOf(option: string, text: string): bigint {
  const bytes = parseSize(text);
  if (bytes !== undefined && bytes > 0n) return bytes;
  throw new SpawnerError('USAGE', `${option}: expected ${sizeHint}, got "${text}"`);
}

async function change(
  cli: CliContext,
  wanted: string,
  what: string,
  run: (host: Host, instance: KnownInstance) => Promise<AttachedDevice>,
): Promise<void> {
  await using host = openHost(cli);
  const instance = await findInstance(host, wanted);
  const { kind, name } = await run(host, instance);
  const device = { instance: instance.name, uuid: instance.uuid, kind, name };
  cli.print({ [what]: device }, `${what} ${kind} ${name} ${what === 'attached' ? 'to' : 'from'} ${instance.name}`);
}
