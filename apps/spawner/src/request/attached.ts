import { SpawnerError } from '../errors.ts';
import type { KnownInstance } from '../instance/inventory.ts';

/** A device that was given to an instance after it was made. */
export interface AttachedDevice {
  readonly kind: 'disk' | 'nic';
  /** Of a disk its name in the guest, of a network card its MAC address. */
  readonly name: string;
  /** A disk that was made for it, by its name in the instance path, and goes with it. */
  readonly file?: string | undefined;
  /** As libvirt was given it. */
  readonly xml: string;
}

/** What is designed anew would lack them. Throws {@link SpawnerError} `EXISTS`. */
export function refuseAttached(
  { name }: Pick<KnownInstance, 'name'>,
  { attached = [] }: { readonly attached?: readonly AttachedDevice[] | undefined },
): void {
  if (attached.length === 0) return;
  const names = attached.map((one) => `${one.kind} ${one.name}`);
  throw new SpawnerError('EXISTS', `The instance "${name}" has devices that were attached: ${names.join(', ')}`, {
    fix: 'They would be lost; first detach them: spawner detach.',
    context: { name, attached: names },
  });
}
