import type { Vif } from '@spawnkit/instance';
import { NotFoundError } from '@spawnkit/libvirt';
import { VifError } from '../errors.ts';
import type { VifContext, VifType } from '../vif-type.ts';

/** A network that libvirt manages, named by `network.bridge`. libvirt makes the tap device and its port. Not in Nova. */
export const network: VifType = {
  plan: (vif) => [`use the libvirt network ${networkName(vif)}`],
  check: requireActive,
  async plug(vif, context) {
    await requireActive(vif, context);
    return [];
  },
  async unplug() {},
};

async function requireActive(vif: Vif, { conn, signal }: VifContext): Promise<void> {
  const name = networkName(vif);
  const found = await conn.networks.byName(name, { signal }).catch((error: unknown) => {
    if (error instanceof NotFoundError) throw missing(vif, name, error);
    throw error;
  });
  if (await found.isActive({ signal })) return;
  throw new VifError('NETWORK_INACTIVE', `VIF ${vif.id}: the libvirt network "${name}" is not started`, {
    fix: `Start it: virsh net-start ${name}`,
    context: { vif: vif.id, network: name },
  });
}

function missing(vif: Vif, name: string, cause: unknown): VifError {
  return new VifError('NETWORK_NOT_FOUND', `VIF ${vif.id}: libvirt has no network "${name}"`, {
    cause,
    fix: 'List the networks with `virsh net-list --all`, or use `bridge: NAME` or `user: true`.',
    context: { vif: vif.id, network: name },
  });
}

function networkName(vif: Vif): string {
  const name = vif.network.bridge;
  if (name) return name;
  throw new VifError(
    'VIF_INVALID',
    `VIF ${vif.id}: a VIF of type "network" names its libvirt network in network.bridge`,
    {
      context: { vif: vif.id },
    },
  );
}
