import type { Console, Serial } from '@spawnkit/guest-config';
import { DesignerError } from './errors.ts';
import { type GuestPolicy, isQemu, isS390 } from './guest-policy.ts';

/** The consoles of a guest: serial ports, except where the architecture or a container has consoles only. */
export interface Consoles {
  readonly serials?: readonly Serial[];
  readonly consoles?: readonly Console[];
}

/** QEMU has four; Nova keeps one free. */
const maximumPorts = 3;

/**
 * A pty which is written to the console log as well; or, with `serialConsole`, TCP ports of which the first is. Follows
 * Nova's `_create_consoles`. Throws `SERIAL_PORTS_INVALID`.
 */
export function guestConsoles(policy: GuestPolicy): Consoles {
  const { config, request } = policy;
  const log = { file: request.consoleLogPath, append: false };
  if (!isQemu(policy)) return { consoles: [{ type: 'pty', log }] };
  if (!config.serialConsole.enabled) {
    return isS390(policy)
      ? { consoles: [{ type: 'pty', log, target: { type: 'sclp' } }] }
      : { serials: [{ type: 'pty', log }] };
  }
  const ports = serialPorts(policy);
  const devices = ports.map((service, index) => tcpDevice(policy, service, index === 0 ? log : undefined));
  return isS390(policy) ? { consoles: devices } : { serials: devices };
}

function tcpDevice({ config }: GuestPolicy, service: number, log: Serial['log']) {
  const source = { mode: 'bind', host: config.serialConsole.proxyclientAddress, service: String(service) } as const;
  return { type: 'tcp', source, log } as const;
}

function serialPorts(policy: GuestPolicy): readonly number[] {
  const count = portCount(policy);
  const ports = policy.request.serialPorts ?? [];
  if (count > maximumPorts && !isS390(policy))
    throw invalid(`${count} serial ports are wished, a guest has at most ${maximumPorts}`, { count });
  if (ports.length < count) {
    throw invalid(`${count} serial ports are wished and ${ports.length} TCP ports were handed out`, { count, ports });
  }
  return ports.slice(0, count);
}

/** What the image says within the flavor's count, else the flavor's, else one. */
function portCount({ flavor, image }: GuestPolicy): number {
  const text = flavor.extraSpecs['hw:serial_port_count'];
  const ofFlavor = text ? Number(text) : undefined;
  if (text && !/^\s*\d+\s*$/.test(text)) {
    throw invalid(`The flavor's hw:serial_port_count is "${text}", expected a whole number`, { count: text });
  }
  const ofImage = image.hwSerialPortCount;
  if (ofFlavor && ofImage && ofImage > ofFlavor) {
    throw invalid(`The image wishes for ${ofImage} serial ports, its flavor allows ${ofFlavor}`, { ofFlavor, ofImage });
  }
  return ofImage || ofFlavor || 1;
}

function invalid(message: string, context: Readonly<Record<string, unknown>>): DesignerError {
  const fix = 'Change hw:serial_port_count of the flavor, hw_serial_port_count of the image, or serialPorts.';
  return new DesignerError('SERIAL_PORTS_INVALID', `${message}.`, { context, fix });
}
