import type { InterfaceDriver } from '@spawnkit/guest-config';
import { DesignerError } from './errors.ts';
import { type GuestPolicy, isQemu } from './guest-policy.ts';
import { agreedBoolean } from './wish.ts';

/** What an interface looks like to its guest. */
export interface Frontend {
  /** Undefined leaves the model to the hypervisor. */
  readonly model: string | undefined;
  readonly driver: InterfaceDriver | undefined;
}

/**
 * How much of a frontend a connection takes: `full` is model and driver, `queues` a driver without name, as another process
 * serves it, `model` no driver, `virtio` that model whatever is wished, `vhost` that driver, `none` nothing at all.
 */
export type FrontendKind = 'full' | 'queues' | 'model' | 'virtio' | 'vhost' | 'none';

const models: Readonly<Record<GuestPolicy['config']['virtType'], readonly string[]>> = {
  kvm: ['virtio', 'ne2k_pci', 'pcnet', 'rtl8139', 'e1000', 'e1000e', 'spapr-vlan', 'vmxnet3'],
  qemu: ['virtio', 'ne2k_pci', 'pcnet', 'rtl8139', 'e1000', 'e1000e', 'lan9118', 'spapr-vlan', 'vmxnet3'],
  lxc: [],
};

/** Model and driver of an interface. Throws `VIF_MODEL_UNSUPPORTED`, `FLAVOR_IMAGE_CONFLICT`. */
export function interfaceFrontend(policy: GuestPolicy, kind: FrontendKind): Frontend {
  if (kind === 'none') return { model: undefined, driver: undefined };
  const model = modelOf(policy);
  const driver = model === 'virtio' && kind !== 'model' ? driverOf(policy) : undefined;
  if (kind === 'virtio') return { model: 'virtio', driver };
  if (kind === 'vhost') return { model, driver: { ...driver, name: 'vhost' } };
  if (kind === 'queues') return { model: sharedModel(policy, model), driver: servedElsewhere(policy, driver) };
  return { model, driver };
}

/** Another process serves no card but virtio; libvirt refuses others. */
function sharedModel({ config }: GuestPolicy, model: string | undefined): string {
  if (model === 'virtio') return model;
  const message = `An interface that another process serves must be a virtio card, not "${model ?? 'the default one'}".`;
  const fix = 'Set hw_vif_model of the image to virtio.';
  const context = { model, virtType: config.virtType };
  throw new DesignerError('VIF_MODEL_UNSUPPORTED', message, { context, fix });
}

function modelOf(policy: GuestPolicy): string | undefined {
  const { config, image } = policy;
  const standard = config.useVirtioForBridges && isQemu(policy) ? 'virtio' : undefined;
  const model = image.hwVifModel ?? standard;
  if (model === undefined || models[config.virtType].includes(model)) return model;
  throw new DesignerError('VIF_MODEL_UNSUPPORTED', `"${config.virtType}" guests have no network card "${model}".`, {
    context: { model, virtType: config.virtType },
    fix: `Choose the image's property hw_vif_model among ${models[config.virtType].join(', ') || 'none: remove it'}.`,
  });
}

/** A virtio card without KVM must not use vhost, which libvirt would choose by itself. */
function driverOf(policy: GuestPolicy): InterfaceDriver | undefined {
  const { rxQueueSize, virtType } = policy.config;
  if (virtType === 'qemu') return { name: 'qemu', rxQueueSize };
  const queues = queueCount(policy);
  return queues === undefined && !rxQueueSize ? undefined : { name: 'vhost', queues, rxQueueSize };
}

function servedElsewhere({ config }: GuestPolicy, driver: InterfaceDriver | undefined): InterfaceDriver | undefined {
  const { rxQueueSize, txQueueSize } = config;
  const queues = driver?.queues;
  const known = queues !== undefined || rxQueueSize !== undefined || txQueueSize !== undefined;
  return known ? { queues, rxQueueSize, txQueueSize } : undefined;
}

/** One queue per vCPU, as far as the kernel goes; undefined without multiqueue. */
function queueCount(policy: GuestPolicy): number | undefined {
  const { flavor, image } = policy;
  if (flavor.vcpus < 2) return undefined;
  if (!agreedBoolean(policy, 'hw:vif_multiqueue_enabled', image.hwVifMultiqueueEnabled)) return undefined;
  return Math.min(flavor.vcpus, policy.config.maxQueues ?? kernelQueues(policy.host.kernelRelease));
}

function kernelQueues(release: string): number {
  const major = Number.parseInt(release, 10);
  if (major <= 2) return 1;
  if (major === 3) return 8;
  return major === 4 ? 256 : Number.POSITIVE_INFINITY;
}
