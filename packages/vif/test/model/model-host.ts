import { EffectsError, type Exec, type ExecOptions } from '@spawnkit/effects';
import { foundDevices, type ModelDevice, type ModelState, newDevice } from './model-devices.ts';
import { emptyTable, restored, savedText } from './model-iptables.ts';
import { CommandFailure, runIp } from './model-ip.ts';
import { runVsctl } from './model-ovs.ts';

/** A host that exists as data: commands change it as they would change a real one. */
export interface ModelHost {
  readonly state: ModelState;
  readonly exec: Exec;
  /** Every command so far, `ip …` and so on, those that only look included. */
  readonly commands: readonly string[];
  /** A copy of all that there is, in order, to be compared. */
  snapshot(): Snapshot;
}

export interface Snapshot extends Omit<ModelState, 'vendor' | 'filter' | 'filter6' | 'devices'> {
  readonly filter6: Readonly<Record<string, readonly string[]>>;
  readonly devices: readonly Omit<ModelDevice, 'index'>[];
  readonly filter: Readonly<Record<string, readonly string[]>>;
}

interface ModelOptions {
  /** Names of devices that are there. */
  readonly devices?: readonly string[];
  /** Bridges of Open vSwitch that are there. */
  readonly bridges?: readonly string[];
  /** Start of a command → the exit code it fails with, each time; EffectsError's code for programs that are missing. */
  readonly faults?: Readonly<Record<string, number | 'EXEC_NOT_FOUND'>>;
}

type Program = (state: ModelState, args: readonly string[], input: string) => string;

const programs: Readonly<Record<string, Program>> = {
  ip: runIp,
  'ovs-vsctl': runVsctl,
  tunctl: (state, args) => {
    state.devices.push(newDevice(args.at(-1) ?? '', { kind: 'tun' }));
    return '';
  },
  tee: () => '',
  'iptables-save': ({ filter }) => savedText(filter),
  'iptables-restore': (state, _, input) => {
    state.filter = restored(state.filter, input);
    return '';
  },
  'ip6tables-save': ({ filter6 }) => savedText(filter6),
  'ip6tables-restore': (state, _, input) => {
    state.filter6 = restored(state.filter6, input);
    return '';
  },
  'mm-ctl': vendor,
  ifc_ctl: vendor,
  ebrctl: vendor,
};

export function modelHost({ devices = [], bridges = [], faults = {} }: ModelOptions = {}): ModelHost {
  const state: ModelState = {
    devices: foundDevices(devices),
    bridges: bridges.map((name) => ({ name, datapathType: 'system', externalIds: {} })),
    ports: [],
    functions: {},
    filter: emptyTable(),
    filter6: emptyTable(),
    vendor: [],
  };
  const commands: string[] = [];
  const exec: Exec = async (file, args, options = {}) => {
    options.signal?.throwIfAborted();
    const command = [file, ...args].join(' ');
    commands.push(command);
    const fault = Object.entries(faults).find(([start]) => command.startsWith(start))?.[1];
    if (fault === 'EXEC_NOT_FOUND') throw new EffectsError('EXEC_NOT_FOUND', `${file} is not installed`, { file });
    return ended(command, options, () => {
      if (fault !== undefined) throw new CommandFailure('as the test wants it', fault);
      const program = programs[file];
      if (!program) throw new Error(`the model has no program ${file}`);
      return program(state, program === vendor ? [file, ...args] : args, String(options.input ?? ''));
    });
  };
  return { state, exec, commands, snapshot: () => snapshotOf(state) };
}

/** Everything but the vendors' commands, which are no state. */
export function snapshotOf({ devices, bridges, ports, functions, ...tables }: ModelState): Snapshot {
  const [filter, filter6] = [Object.fromEntries(tables.filter), Object.fromEntries(tables.filter6)];
  const copy = structuredClone({ devices, bridges, ports, functions, filter, filter6 });
  const byName = (one: { name: string }, other: { name: string }) => (one.name < other.name ? -1 : 1);
  return {
    ...copy,
    devices: copy.devices.map(withoutNumber).sort(byName),
    bridges: copy.bridges.sort(byName),
    ports: copy.ports.map((port) => ({ ...port, externalIds: withoutIndex(port.externalIds) })).sort(byName),
  };
}

function withoutNumber(numbered: ModelDevice): Omit<ModelDevice, 'index'> {
  const { index: _, ...device } = numbered;
  return device;
}

/** Which differs from host to host. */
function withoutIndex(ids: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(ids).filter(([key]) => key !== 'spawnkit-ifindex'));
}

function ended(command: string, { okExitCodes = [0] }: ExecOptions, run: () => string) {
  try {
    return { stdout: run(), stderr: '', exitCode: 0 };
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    const { exitCode, message: stderr } = error;
    if (okExitCodes.includes(exitCode)) return { stdout: '', stderr, exitCode };
    const context = { exitCode, stderr, args: command.split(' ') };
    throw new EffectsError('EXEC_FAILED', `${command} failed with exit code ${exitCode}: ${stderr}`, context);
  }
}

function vendor(state: ModelState, words: readonly string[]): string {
  state.vendor.push(words.join(' '));
  return '';
}
