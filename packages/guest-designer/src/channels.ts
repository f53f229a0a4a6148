import type { Channel } from '@spawnkit/guest-config';
import { type GuestPolicy, isQemu } from './guest-policy.ts';

const agent = 'org.qemu.guest_agent.0';

/** Lines to the agents inside the guest: SPICE's, and QEMU's when the image has one. */
export function guestChannels(policy: GuestPolicy): readonly Channel[] {
  if (!isQemu(policy)) return [];
  const { config, image, request } = policy;
  const channels: Channel[] = [];
  if (config.spice.enabled && config.spice.agentEnabled) {
    channels.push({ type: 'spicevmc', target: { type: 'virtio', name: 'com.redhat.spice.0' } });
  }
  if (image.hwQemuGuestAgent) {
    const path = `/var/lib/libvirt/qemu/${agent}.${request.domainName}.sock`;
    channels.push({ type: 'unix', source: { mode: 'bind', path }, target: { type: 'virtio', name: agent } });
  }
  return channels;
}
