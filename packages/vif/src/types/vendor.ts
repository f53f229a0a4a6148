import { EffectsError } from '@spawnkit/effects';
import type { Vif } from '@spawnkit/instance';
import { VifError } from '../errors.ts';
import { deleteLink } from '../ip.ts';
import { readPciSlot } from '../pci/virtual-function.ts';
import { checkVifId, vifDeviceName } from '../vif-name.ts';
import type { VifContext, VifOwner, VifType } from '../vif-type.ts';
import { ensureTap, findTap } from './tap.ts';

/** Connections whose vendor has a program for them. As in Nova, what that program complains of is logged, and no more. */
interface Vendor {
  /** A tap device is made for it. */
  readonly tap: boolean;
  readonly bind: (vif: Vif, owner: VifOwner | undefined) => readonly Command[];
  readonly unbind: (vif: Vif) => readonly Command[];
}

type Command = readonly [file: string, ...args: string[]];

/** MidoNet. */
export const midonet = vendorType({
  tap: true,
  bind: (vif) => [['mm-ctl', '--bind-port', checkVifId(vif), vifDeviceName(vif)]],
  unbind: (vif) => [['mm-ctl', '--unbind-port', checkVifId(vif)]],
});

/** PLUMgrid's IO Visor. */
export const iovisor = vendorType({
  tap: true,
  bind(vif, owner) {
    const device = vifDeviceName(vif);
    const tags = [`pgtag2=${vif.network.id ?? ''}`, `pgtag1=${owner?.projectId ?? ''}`];
    return [
      ['ifc_ctl', 'gateway', 'add_port', device],
      ['ifc_ctl', 'gateway', 'ifup', device, 'access_vm', checkVifId(vif), vif.address, ...tags],
    ];
  },
  unbind(vif) {
    const device = vifDeviceName(vif);
    return [
      ['ifc_ctl', 'gateway', 'ifdown', device],
      ['ifc_ctl', 'gateway', 'del_port', device],
    ];
  },
});

/** A whole function of an InfiniBand card. */
export const ibHostdev = vendorType({
  tap: false,
  bind(vif, owner) {
    const words = ['ib_hostdev', readPciSlot(vif)];
    return [['ebrctl', 'add-port', vif.address, owner?.uuid ?? '', readFabric(vif), ...words]];
  },
  unbind: (vif) => [['ebrctl', 'del-port', readFabric(vif), vif.address]],
});

function vendorType({ tap, bind, unbind }: Vendor): VifType {
  return {
    plan: (vif) => [
      ...(tap ? [`create the tap device ${vifDeviceName(vif)}`] : []),
      ...bind(vif, planned).map((command) => `run ${command.join(' ')}`),
    ],

    async check(vif, context) {
      bind(vif, context.owner);
      if (tap) await findTap(vif, context);
    },

    async plug(vif, context) {
      const commands = bind(vif, context.owner);
      if (tap) await ensureTap(vif, context);
      await runAll(commands, vif, context);
      const binding = { kind: 'binding', name: vif.id } as const;
      return tap ? [{ kind: 'device', name: vifDeviceName(vif) }, binding] : [binding];
    },

    async unplug(vif, context) {
      await runAll(unbind(vif), vif, context);
      if (tap) await deleteLink(context, vifDeviceName(vif));
    },
  };
}

/** A plan does not know whose VIF it is. */
const planned: VifOwner = { uuid: 'INSTANCE', projectId: 'PROJECT' };

async function runAll(commands: readonly Command[], vif: Vif, { exec, signal, log }: VifContext): Promise<void> {
  try {
    for (const [file, ...args] of commands) await exec(file, args, { signal, timeoutMs: 60_000 });
  } catch (error) {
    if (!(error instanceof EffectsError)) throw error;
    log?.error('the program of the network’s vendor failed', { vif: vif.id, type: vif.type, reason: error.message });
  }
}

function readFabric(vif: Vif): string {
  const fabric = vif.network.meta['physical_network'] ?? vif.details['physical_network'];
  if (typeof fabric === 'string' && fabric !== '' && !fabric.startsWith('-')) return fabric;
  throw new VifError('VIF_INVALID', `VIF ${vif.id}: its network does not say which physical_network it is`, {
    fix: 'Give physical_network in the meta of the network.',
    context: { vif: vif.id },
  });
}
