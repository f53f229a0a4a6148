import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EffectsError } from '@spawnkit/effects';
import { InstanceError, parseNetworkInfo, type Vif } from '@spawnkit/instance';
import { VifError } from '../../src/errors.ts';
import { plug, unplug } from '../../src/plug.ts';
import { type ModelHost, modelHost, type Snapshot } from '../model/model-host.ts';
import { type Json, recordedOwner, type VifCase } from './recorded-case.ts';
import { replay } from './recorded-effects.ts';
import { makeSysTree, recordedCard } from './recorded-host.ts';

/** The host after each call, and what the call threw. */
export interface Course {
  readonly before: Snapshot;
  readonly steps: readonly { readonly op: string; readonly error: string | undefined; readonly after: Snapshot }[];
  readonly vendor: readonly string[];
}

/** The VIF of a recording, read as a request's would be. */
export function recordedVif({ input }: VifCase): Vif {
  const [vif] = parseNetworkInfo([input.vif]);
  if (!vif) throw new TypeError('a recording has one VIF');
  return vif;
}

/** What Nova's calls did, on a host that has the bridge of Open vSwitch, or does not. */
export function novaCourse(one: VifCase, withSwitch: boolean): Course {
  const host = hostOf(one, withSwitch);
  const before = host.snapshot();
  const steps = (one.expected.ops ?? []).map((op) => {
    replay(host.state, op, one.input.faults);
    return { op: op.op, error: op.error?.error, after: comparable(host.snapshot()) };
  });
  checkReplay(one, before, host.snapshot());
  return { before: comparable(before), steps, vendor: host.state.vendor };
}

/** The devices of the model must be those that the recorder had in the end. It did not know that veth ends go together. */
function checkReplay({ id, input, expected }: VifCase, before: Snapshot, after: Snapshot): void {
  const ours = before.devices.map(({ name }) => name).filter((name) => !input.existing_devices?.includes(name));
  const left = after.devices.map(({ name }) => name).filter((name) => !ours.includes(name));
  const lost = expected.devices_after.filter((name) => !left.includes(name) && !name.startsWith('qvb'));
  const more = left.filter((name) => !expected.devices_after.includes(name));
  if (lost.length + more.length > 0)
    throw new TypeError(`${id}: the model lost ${lost.join()} and has ${more.join()} more`);
}

/** What the same calls of ours do to the same host. */
export async function ownCourse(one: VifCase, withSwitch: boolean): Promise<Course> {
  const place = await mkdtemp(join(tmpdir(), 'spawnkit-recorded-'));
  try {
    const slot = slotOf(one);
    const sysPath = join(place, 'sys');
    if (slot !== undefined) await makeSysTree(sysPath, slot);
    return await runOps(one, hostOf(one, withSwitch), { locksPath: join(place, 'locks'), sysPath });
  } finally {
    await rm(place, { recursive: true });
  }
}

async function runOps(one: VifCase, host: ModelHost, paths: { locksPath: string; sysPath: string }): Promise<Course> {
  const vif = recordedVif(one);
  const multiqueue = one.input.extra_specs?.['hw:vif_multiqueue_enabled'] === 'true' && (one.input.vcpus ?? 1) > 1;
  const { exec } = host;
  // No recorded type asks libvirt.
  const context = { exec, conn: undefined as never, owner: { ...recordedOwner, multiqueue }, ...paths };
  const before = comparable(host.snapshot());
  const steps: Course['steps'][number][] = [];
  for (const { op } of one.expected.ops ?? []) {
    const error = await (op === 'plug' ? plug : unplug)(vif, context).then(() => undefined, codeOf);
    steps.push({ op, error, after: comparable(host.snapshot()) });
  }
  return { before, steps, vendor: host.state.vendor };
}

function hostOf(one: VifCase, withSwitch: boolean): ModelHost {
  const { existing_devices: existing = [], faults, vif } = one.input;
  const card = slotOf(one) === undefined ? [] : [recordedCard.device, recordedCard.representor];
  const { bridge, meta } = vif.network as { readonly bridge?: string | null; readonly meta?: Json };
  const below = [meta?.['bridge_interface'], vif.details?.['physical_interface']];
  return modelHost({
    devices: [
      ...new Set([
        ...(existing ?? []),
        ...card,
        ...(isLinuxBridge(vif.type, meta) && bridge ? [bridge] : []),
        ...below.filter((name) => typeof name === 'string'),
      ]),
    ],
    bridges: withSwitch && bridge ? [bridge] : [],
    faults: Object.fromEntries(Object.keys(faults ?? {}).map((name) => [commandOf(name), 1])),
  });
}

/** Recordings do not mention a bridge that is used as it is. */
function isLinuxBridge(type: string | null | undefined, meta: Json = {}): boolean {
  return type === 'bridge' && (meta['should_create_bridge'] !== true || meta['multi_host'] === true);
}

/** Start of our command that fails where Nova's did. */
function commandOf(fault: string): string {
  return fault.startsWith('execute:') ? fault.slice('execute:'.length) : 'ovs-vsctl';
}

function slotOf({ input }: VifCase): string | undefined {
  const slot = input.vif.profile?.['pci_slot'];
  return typeof slot === 'string' ? slot : undefined;
}

/** Settings of a virtual function that are as good as none. */
const neutral: readonly string[] = ['00:00:00:00:00:00', '0', 'off'];

/** Without what only we leave: the marks that say whose something is. */
function comparable(host: Snapshot): Snapshot {
  return {
    ...host,
    devices: host.devices.map((one) => ({ ...one, alternativeNames: [] })),
    functions: Object.fromEntries(
      Object.entries(host.functions).flatMap(([key, settings]) => {
        const set = Object.entries(settings).filter(([, value]) => !neutral.includes(value));
        return set.length === 0 ? [] : [[key, Object.fromEntries(set)] as const];
      }),
    ),
    bridges: host.bridges.map((one) => ({ ...one, externalIds: withoutMark(one.externalIds) })),
  };
}

function withoutMark(ids: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(ids).filter(([key]) => key !== 'spawnkit-made'));
}

function codeOf(error: unknown): string {
  if (error instanceof VifError || error instanceof EffectsError || error instanceof InstanceError) return error.code;
  throw error;
}
