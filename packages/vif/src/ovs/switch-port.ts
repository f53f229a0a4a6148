import { acquireLock } from '@spawnkit/effects';
import type { Vif } from '@spawnkit/instance';
import { deviceKey } from '../bridge/bridge-name.ts';
import { checkDeviceName } from '../device-name.ts';
import { VifError } from '../errors.ts';
import type { VifContext } from '../vif-type.ts';
import { mapOf, members, quoted, type Row, rows, vsctl } from './ovs-vsctl.ts';
import { interfaceId } from './port-facts.ts';

/** A port that a VIF has on a switch. */
export interface SwitchPort {
  readonly vif: Vif;
  /** Of the port and its interface. */
  readonly name: string;
  /** `dpdkvhostuser`, …; undefined: a device of the host. */
  readonly type?: string | undefined;
  readonly options?: Readonly<Record<string, string>>;
  /** The kernel's number of the device, where it is there before the port. */
  readonly deviceIndex?: number | undefined;
  /** The MTU that the switch gives the interface. */
  readonly mtu?: number | undefined;
}

/** Bridges of trunk ports, one per guest: they go with the VIF, whoever made them. */
const TRUNK_PREFIX = 'tbr-';

/** Says that a bridge was made here. */
const MADE = 'spawnkit-made';

/** Says which device a port was made for. */
const DEVICE = 'spawnkit-ifindex';

/** The bridge of a VIF on Open vSwitch. Throws `VIF_INVALID`. */
export function switchName(vif: Vif): string {
  return checkDeviceName(vif, 'the bridge', vif.network.bridge);
}

/** Sees whether Open vSwitch answers. Changes nothing. */
export async function checkSwitch(context: VifContext): Promise<void> {
  await readBridges(context);
}

/**
 * Makes the bridge unless it exists; one that is there is used as it is. Throws `SWITCH_UNAVAILABLE`, and `EXEC_FAILED`
 * where another device has its name.
 */
export async function ensureSwitch(vif: Vif, datapath: string, context: VifContext): Promise<void> {
  const bridge = switchName(vif);
  await using _lock = await acquireLock(lockOf(bridge, context));
  if (findBridge(await readBridges(context), bridge)) return;
  await vsctl(context, addBridge(bridge, datapath));
}

/** Gives the VIF its port, or corrects it; makes the bridge as {@link ensureSwitch} does. Throws `DEVICE_CONFLICT`. */
export async function ensurePort(port: SwitchPort, datapath: string, context: VifContext): Promise<void> {
  const bridge = switchName(port.vif);
  await using _lock = await acquireLock(lockOf(bridge, context));
  const bridges = await readBridges(context);
  if (await isStale(port, bridges, context)) await vsctl(context, ['--if-exists', 'del-port', port.name]);
  const first = findBridge(bridges, bridge) ? [] : [...addBridge(bridge, datapath), '--'];
  await vsctl(context, [...first, ...addPort(bridge, port.name), '--', ...setInterface(port, context)]);
}

/** The inverse of {@link ensurePort} and {@link ensureSwitch}: a bridge that was made here goes with its last port. */
export async function removePort(vif: Vif, name: string, context: VifContext): Promise<void> {
  const bridge = switchName(vif);
  await using _lock = await acquireLock(lockOf(bridge, context));
  const found = findBridge(await readBridges(context), bridge);
  const others = found ? await otherPorts(found, name, context) : 0;
  const goes = bridge.startsWith(TRUNK_PREFIX) || (found && mapOf(found['external_ids'])[MADE] && others === 0);
  const removal = goes ? ['--', '--if-exists', 'del-br', bridge] : [];
  await vsctl(context, ['--if-exists', 'del-port', name, ...removal]);
}

function addBridge(bridge: string, datapath: string): readonly string[] {
  const made = ['set', 'Bridge', bridge, `datapath_type=${quoted(datapath)}`, `external_ids:${MADE}="true"`];
  return ['--may-exist', 'add-br', bridge, '--', ...made];
}

function addPort(bridge: string, name: string): readonly string[] {
  return ['--may-exist', 'add-port', bridge, name];
}

function setInterface(port: SwitchPort, { owner }: VifContext): readonly string[] {
  const { vif, name, type, options = {}, mtu } = port;
  const device = deviceText(port);
  const ids = {
    'iface-id': interfaceId(vif),
    'iface-status': 'active',
    'attached-mac': vif.address,
    ...(owner && { 'vm-uuid': owner.uuid }),
    ...(device !== undefined && { [DEVICE]: device }),
  };
  return [
    'set',
    'Interface',
    name,
    ...Object.entries(ids).map(([key, value]) => `external_ids:${key}=${quoted(value)}`),
    ...(type === undefined ? [] : [`type=${quoted(type)}`]),
    ...Object.entries(options).map(([key, value]) => `options:${key}=${quoted(value)}`),
    ...(mtu === undefined ? [] : [`mtu_request=${mtu}`]),
  ];
}

function readBridges(context: VifContext): Promise<readonly Row[]> {
  return rows(context, 'Bridge', { columns: ['name', 'ports', 'external_ids'] });
}

function findBridge(bridges: readonly Row[], name: string): Row | undefined {
  return bridges.find((one) => one['name'] === name);
}

/**
 * Whether the port has to be made anew: the VIF had another network when it was made, or its device is another one by now,
 * which the switch does not notice. Throws `DEVICE_CONFLICT` where it belongs to another VIF.
 */
async function isStale(port: SwitchPort, bridges: readonly Row[], context: VifContext): Promise<boolean> {
  const uuid = await portUuid(port.name, context);
  const holder = uuid === undefined ? undefined : bridges.find((one) => portsOf(one).includes(uuid));
  if (!holder) return false;
  const [found] = await rows(context, 'Interface', { columns: ['external_ids'], name: port.name });
  const ids = mapOf(found?.['external_ids']);
  if (holder['name'] === switchName(port.vif)) return ids[DEVICE] !== deviceText(port);
  if (ids['iface-id'] === interfaceId(port.vif)) return true;
  throw conflict(port, String(holder['name']));
}

function conflict({ vif, name }: SwitchPort, bridge: string): VifError {
  return new VifError('DEVICE_CONFLICT', `VIF ${vif.id}: "${name}" is a port of "${bridge}" already`, {
    fix: `Remove it (ovs-vsctl del-port ${name}), or give the port another devname.`,
    context: { vif: vif.id, port: name, bridge },
  });
}

function deviceText({ deviceIndex }: SwitchPort): string | undefined {
  return deviceIndex === undefined ? undefined : String(deviceIndex);
}

/** Ports of a bridge besides this one and the bridge's own. */
async function otherPorts(bridge: Row, name: string, context: VifContext): Promise<number> {
  const uuid = await portUuid(name, context);
  return portsOf(bridge).filter((one) => one !== uuid).length - 1;
}

async function portUuid(name: string, context: VifContext): Promise<string | undefined> {
  const [port] = await rows(context, 'Port', { columns: ['_uuid'], name });
  return port && uuidOf(port['_uuid']);
}

function portsOf(bridge: Row): readonly (string | undefined)[] {
  return members(bridge['ports']).map(uuidOf);
}

function uuidOf(cell: unknown): string | undefined {
  return Array.isArray(cell) && cell[0] === 'uuid' ? String(cell[1]) : undefined;
}

function lockOf(bridge: string, { locksPath, signal }: VifContext) {
  return { directory: locksPath, name: `ovs-${deviceKey(bridge)}`, signal };
}
