import type { Graphics, Video } from '@spawnkit/guest-config';
import { DesignerError } from './errors.ts';
import { type GuestPolicy, isEmulated, isPower, isQemu, isS390, isX86 } from './guest-policy.ts';
import { flavorCount } from './wish.ts';

/** The display servers of a guest. Follows Nova's `_guest_add_video_device`. */
export function guestGraphics(policy: GuestPolicy): readonly Graphics[] {
  const { vnc, spice } = policy.config;
  if (!isQemu(policy)) return [];
  return [
    ...(vnc.enabled ? [{ type: 'vnc', autoport: true, listen: vnc.serverListen } as const] : []),
    ...(spice.enabled ? [{ type: 'spice', autoport: true, listen: spice.serverListen } as const] : []),
  ];
}

/** Whether somebody can look at the guest's screen. */
export function hasDisplay(policy: GuestPolicy): boolean {
  return guestGraphics(policy).length > 0;
}

/**
 * The graphics card. Follows Nova's `_add_video_driver`. Throws `VIDEO_MEMORY_TOO_HIGH`, `VIDEO_MODEL_UNAVAILABLE`,
 * `INVALID_EXTRA_SPEC`.
 */
export function guestVideos(policy: GuestPolicy): readonly Video[] {
  if (!hasDisplay(policy)) return [];
  const memoryMiB = videoMemoryMiB(policy);
  return [{ model: { type: videoModel(policy), ...(memoryMiB > 0 && { vram: memoryMiB * 1024 }) } }];
}

function videoMemoryMiB(policy: GuestPolicy): number {
  const wish = policy.image.hwVideoRam ?? 0;
  const maximum = flavorCount(policy, 'hw_video:ram_max_mb') ?? 0;
  if (wish <= maximum) return wish;
  const message = `The image wishes for ${wish} MiB of video memory, its flavor allows ${maximum} MiB.`;
  const fix = 'Lower hw_video_ram of the image, or raise hw_video:ram_max_mb of the flavor.';
  throw new DesignerError('VIDEO_MEMORY_TOO_HIGH', message, { context: { wish, maximum }, fix });
}

function videoModel(policy: GuestPolicy): string {
  const { config, image } = policy;
  if (image.hwVideoModel !== undefined) return wishedModel(policy, image.hwVideoModel);
  if (isX86(policy)) return config.spice.enabled ? 'qxl' : 'virtio';
  // With SPICE, Nova gives QXL to mainframes, which have no such card.
  return isPower(policy) ? 'vga' : 'virtio';
}

function wishedModel(policy: GuestPolicy, model: string): string {
  const { arch } = policy;
  if (hasCard(policy, model)) return model;
  const message = `The image wishes for the graphics card "${model}", which QEMU's ${arch} machines do not have.`;
  const fix = "Choose the image's property hw_video_model among virtio, vga, none, or remove it.";
  throw new DesignerError('VIDEO_MODEL_UNAVAILABLE', message, { context: { model, arch }, fix });
}

/** What libvirt 9 takes; `gop` and `xen` are of other hypervisors, and emulators of other architectures come without QXL. */
function hasCard(policy: GuestPolicy, model: string): boolean {
  if (isS390(policy)) return model === 'virtio' || model === 'none';
  if (model === 'qxl') return isX86(policy) || !(isPower(policy) || isEmulated(policy));
  return model !== 'gop' && model !== 'xen';
}
