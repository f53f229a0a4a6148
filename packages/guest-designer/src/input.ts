import type { Input } from '@spawnkit/guest-config';
import { hasDisplay } from './display.ts';
import { DesignerError } from './errors.ts';
import { type GuestPolicy, isS390, vmMode } from './guest-policy.ts';

/**
 * Pointer and keyboard for those who look at the screen. Follows Nova's `_guest_add_pointer_device` and `…_keyboard_device`;
 * a mainframe gets them over virtio, as it has no USB. Throws `INPUT_BUS_UNAVAILABLE`.
 */
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
  const isTablet = image.hwPointerModel === 'usbtablet' || config.pointerModel === 'usbtablet';
  const bus = wishedBus(policy) ?? (isTablet ? (isS390(policy) ? 'virtio' : 'usb') : undefined);
  if (vmMode(policy) !== 'hvm') return undefined;
  // The SPICE agent brings its own pointer, unless VNC needs one too.
  return config.spice.enabled && config.spice.agentEnabled && !config.vnc.enabled ? undefined : bus;
}

/** ARM machines are the ones that libvirt gives none. */
function keyboardBus(policy: GuestPolicy): string | undefined {
  return wishedBus(policy) ?? (policy.arch === 'aarch64' ? 'usb' : undefined);
}

function wishedBus(policy: GuestPolicy): string | undefined {
  const bus = policy.image.hwInputBus;
  if (bus !== 'usb' || !isS390(policy)) return bus;
  const message = `The image wishes for keyboard and pointer on USB, which ${policy.arch} machines do not have.`;
  const fix = "Set the image's property hw_input_bus to virtio, or remove it.";
  throw new DesignerError('INPUT_BUS_UNAVAILABLE', message, { context: { bus, arch: policy.arch }, fix });
}
