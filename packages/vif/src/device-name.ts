import type { Vif } from '@spawnkit/instance';
import { VifError } from './errors.ts';

/** The longest name that Linux takes for a device: IFNAMSIZ less the closing zero. */
const MAX_BYTES = 15;

/** Checks a device name that came with a VIF: Linux's rule (dev_valid_name), and no leading dash, which `ip` would take for an option. */
export function checkDeviceName(vif: Vif, what: string, name: unknown): string {
  if (typeof name === 'string' && isDeviceName(name)) return name;
  throw invalidName(`VIF ${vif.id}: ${what}`, name, { vif: vif.id });
}

/** The same for a device that comes with nothing. */
export function checkDevice(name: string): string {
  if (isDeviceName(name)) return name;
  throw invalidName('The device', name, {});
}

function invalidName(what: string, name: unknown, context: Readonly<Record<string, unknown>>): VifError {
  const wrong = name === undefined ? 'is missing' : `${JSON.stringify(name)} is not a device name`;
  return new VifError('VIF_INVALID', `${what} ${wrong}`, {
    fix: `Give a name of at most ${MAX_BYTES} bytes without blanks, slashes and colons.`,
    context: { ...context, name },
  });
}

function isDeviceName(name: string): boolean {
  if (name === '' || name === '.' || name === '..' || Buffer.byteLength(name) > MAX_BYTES) return false;
  // oxlint-disable-next-line no-control-regex -- control characters are just what is refused
  return !/^-|[/:\s\u0000-\u001F\u007F]/.test(name);
}
