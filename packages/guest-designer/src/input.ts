import type { Input } from '@spawnkit/guest-config';
import { hasDisplay } from './display.ts';
import { type GuestPolicy, vmMode } from './guest-policy.ts';

/** Pointer and keyboard for those who look at the screen. Follows Nova's `_guest_add_pointer_device` and `…_keyboard_device`. */
export function guestInputs(policy: GuestPolicy): readonly Input[] {
  if (!hasDisplay(policy)) return [];
  const pointer = pointerBus(policy);
  const keyboard = keyboardBus(policy);
  return [
    ...(pointer === undefined ? [] : [{ type: 'tablet', bus: pointer }]),
    ...(keyboard === undefined ? [] : [{ type: 'keyboard', bus: keyboard }]),
  ];
}

function pointerBus(policy: GuestPolicy): string | undefined {
  const { config, image } = policy;
  const usb = image.hwPointerModel === 'usbtablet' || config.pointerModel === 'usbtablet' ? 'usb' : undefined;
  const bus = image.hwInputBus ?? usb;
  if (vmMode(policy) !== 'hvm') return undefined;
  // The SPICE agent brings its own pointer, unless VNC needs one too.
  return config.spice.enabled && config.spice.agentEnabled && !config.vnc.enabled ? undefined : bus;
}

/** ARM machines are the ones that libvirt gives none. */
function keyboardBus({ arch, image }: GuestPolicy): string | undefined {
  return image.hwInputBus ?? (arch === 'aarch64' ? 'usb' : undefined);
}
