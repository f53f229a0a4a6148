import { isDeepStrictEqual } from 'node:util';
import { readBridgeRequest } from '../../src/bridge/bridge-request.ts';
import { modelHost, type Snapshot } from '../model/model-host.ts';
import type { VifCase } from './recorded-case.ts';
import { type Course, ownCourse, recordedVif } from './recorded-plug.ts';

/** Where we plug differently from Nova on purpose. */
export const rules = {
  bridgeGoes:
    'a bridge, and a VLAN device, that plugging made goes with its last VIF; an uplink’s MTU is never lowered',
  bridgeStays: 'a bridge that was there is used as it is, and keeps the ports it has',
  vlanBridge: 'a bridge over a VLAN device is made, where os-vif fails by a missing argument',
  repaired: 'a half-made hybrid plug is repaired by the next',
  cleared: 'devices are removed also where Open vSwitch does not answer, whose error is thrown then',
} as const;

/** The rule by which our course is the better one, if it is: each asserts all of it. */
export async function plugException(one: VifCase, nova: Course, own: Course): Promise<string | undefined> {
  if (one.input.vif.type === 'bridge') return bridgeException(one, nova, own);
  if (one.input.vif.type === 'macvtap') return goesAgain(nova, own) ? rules.bridgeGoes : undefined;
  if (one.input.faults && isCleared(nova, own)) return rules.cleared;
  const isHybrid = one.input.vif.details?.['ovs_hybrid_plug'] === true;
  return isHybrid && (await isRepaired(one, own)) ? rules.repaired : undefined;
}

function bridgeException(one: VifCase, nova: Course, own: Course): string | undefined {
  const { name, create, vlan } = readBridgeRequest(recordedVif(one));
  if (!create) return undefined;
  const isThere = own.before.devices.some((device) => device.name === name);
  if (isThere && own.steps.every((step) => !step.error && isDeepStrictEqual(step.after, own.before))) {
    return rules.bridgeStays;
  }
  if (vlan && nova.steps[0]?.error !== undefined && isVlanBridge(one, own)) return rules.vlanBridge;
  return goesAgain(nova, own) ? rules.bridgeGoes : undefined;
}

/** Plugged alike, and unplugged to what it was before. */
function goesAgain(nova: Course, own: Course): boolean {
  return own.steps.every(({ op, error, after }, at) => {
    const expected = op === 'plug' ? withUplinks(nova.steps[at]?.after, own.before) : own.before;
    return error === undefined && isDeepStrictEqual(after, expected);
  });
}

/** With devices that were there before at no lower MTU than then. */
function withUplinks(host: Snapshot | undefined, before: Snapshot): Snapshot | undefined {
  const mtuBefore = (name: string) => before.devices.find((one) => one.name === name)?.mtu ?? 0;
  return (
    host && { ...host, devices: host.devices.map((one) => ({ ...one, mtu: Math.max(one.mtu, mtuBefore(one.name)) })) }
  );
}

function isVlanBridge(one: VifCase, own: Course): boolean {
  const { name, vlan } = readBridgeRequest(recordedVif(one));
  return own.steps.every(({ op, error, after }) => {
    if (op !== 'plug') return isDeepStrictEqual(after, own.before);
    const device = (wanted: string | undefined) => after.devices.find((each) => each.name === wanted);
    const [bridge, port] = [device(name), device(vlan?.name)];
    const isPort = port?.master === name && port.vlanId === vlan?.id && port.link === vlan?.carrier;
    return error === undefined && bridge?.kind === 'bridge' && bridge.up && isPort && port.up;
  });
}

/** The first error is thrown each time, and no device is left. */
function isCleared(nova: Course, own: Course): boolean {
  return own.steps.every(({ op, error, after }, at) => {
    const expected = nova.steps[at];
    if (expected?.op !== op || (expected.error === undefined) !== (error === undefined)) return false;
    if (op === 'plug') return isDeepStrictEqual(after.devices, expected.after.devices);
    return isDeepStrictEqual(after, modelHost({ bridges: own.before.bridges.map(({ name }) => name) }).snapshot());
  });
}

/** The same as on a host where nothing was left behind; a bridge that is there keeps its settings. */
async function isRepaired(one: VifCase, own: Course): Promise<boolean> {
  const { existing_devices: _, ...input } = one.input;
  const fresh = await ownCourse({ ...one, input }, own.before.bridges.length > 0);
  return own.before.devices.length > 0 && isDeepStrictEqual(withoutAgeing(own.steps), withoutAgeing(fresh.steps));
}

function withoutAgeing(steps: Course['steps']): unknown {
  return steps.map(({ after, ...step }) => ({
    ...step,
    after: { ...after, devices: after.devices.map((device) => ({ ...device, ageing: undefined })) },
  }));
}
