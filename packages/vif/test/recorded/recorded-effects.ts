import { forwardUpdate } from '../../src/firewall/filter-table.ts';
import { findDevice, type ModelState, removeDevice } from '../model/model-devices.ts';
import { restored, savedText } from '../model/model-iptables.ts';
import { CommandFailure, runIp } from '../model/model-ip.ts';
import { runVsctl } from '../model/model-ovs.ts';
import type { Json, RecordedOp, VifCase } from './recorded-case.ts';
import { recordedCard } from './recorded-host.ts';

/** Does to the model what a recorded call did to Nova's host. */
export function replay(state: ModelState, { op, trace }: RecordedOp, faults: VifCase['input']['faults']): void {
  // The recorder did not know that tunctl makes a device, and found none to remove.
  if (op === 'unplug') forgetTunctl(state, trace);
  for (const step of trace) {
    const [name = '', data] = Object.entries(step)[0] ?? [];
    replayStep(state, name, data, faults);
  }
}

function replayStep(state: ModelState, name: string, data: unknown, faults: VifCase['input']['faults']): void {
  if (Object.hasOwn(faults ?? {}, name)) return;
  if (name === 'execute') return replayCommand(state, data as readonly string[], faults);
  const given = data as Json;
  if (name === 'link.add') runIp(state, ['link', 'add', 'name', text(given['device']), ...linkWords(given)]);
  else if (name === 'link.set') setLink(state, given);
  else if (name === 'link.delete') removeDevice(state, text(given['device']));
  else if (name === 'ovsdb') database(state, given);
  else if (name === 'ovsdb.transaction') for (const one of data as readonly Json[]) database(state, one);
  else if (name === 'set_vf_interface_vlan') {
    setFunction(state, { mac: text(given['mac_addr']), vlan: text(given['vlan'] ?? 0) });
  } else if (name === 'set_vf_trusted') {
    setFunction(state, { trust: (data as readonly unknown[])[1] === true ? 'on' : 'off' });
  } else if (name.startsWith('iptables.')) forward(state, data);
  else throw new TypeError(`The runner does not know the recorded step ${name}.`);
}

function replayCommand(state: ModelState, words: readonly string[], faults: VifCase['input']['faults']): void {
  const [file = '', ...args] = words;
  const line = words.join(' ');
  if (Object.keys(faults ?? {}).some((fault) => line.startsWith(fault.replace('execute:', '')))) return;
  if (file === 'tunctl') state.devices = withTap(state, args.at(-1) ?? '');
  else if (file === 'ip') runIp(state, args);
  else state.vendor.push(line);
}

function linkWords({ type, peer, ageing, link, vlan_id: vlan }: Json): readonly string[] {
  return [
    ...(link === undefined ? [] : ['link', text(link)]),
    'type',
    text(type),
    ...(ageing === undefined ? [] : ['ageing_time', text(ageing)]),
    ...(vlan === undefined ? [] : ['id', text(vlan)]),
    ...(peer === undefined ? [] : ['peer', 'name', text(peer)]),
  ];
}

function setLink(state: ModelState, { device, state: upOrDown, ...settings }: Json): void {
  const words = Object.entries(settings).flatMap(([key, value]) => [key, text(value)]);
  const last = upOrDown === undefined ? [] : [text(upOrDown)];
  // os-vif sets what it found a moment before; in the model a device may have gone with its other end.
  if (findDevice(state, text(device))) runIp(state, ['link', 'set', 'dev', text(device), ...words, ...last]);
}

function database(state: ModelState, { command, args, datapath_type: datapath }: Json): void {
  const [one, other = ''] = args as readonly [string, string?];
  if (command === 'add_br') {
    if (state.bridges.some((bridge) => bridge.name === one)) return;
    runVsctl(state, ['add-br', one, '--', 'set', 'Bridge', one, `datapath_type=${JSON.stringify(datapath)}`]);
  } else if (command === 'add_port') runVsctl(state, ['--may-exist', 'add-port', one, other]);
  else if (command === 'del_port') runVsctl(state, ['--if-exists', 'del-port', one]);
  else if (command === 'del_br') runVsctl(state, ['--if-exists', 'del-br', one]);
  else if (command === 'db_set') setColumns(state, one, other, (args as readonly unknown[]).slice(2));
  else if (!/list|get|exists|find/.test(text(command)))
    throw new TypeError(`The runner does not know the recorded command ${text(command)}.`);
}

/** Column and value each; a map adds its keys. */
function setColumns(state: ModelState, table: string, name: string, pairs: readonly unknown[]): void {
  for (const [column, value] of pairs as readonly (readonly [string, unknown])[]) {
    const entries = typeof value === 'object' && value !== null ? Object.entries(value) : undefined;
    const words = entries
      ? entries.map(([key, one]) => `${column}:${key}=${JSON.stringify(one)}`)
      : [`${column}=${JSON.stringify(value)}`];
    runVsctl(state, ['set', table, name, ...words]);
  }
}

function setFunction(state: ModelState, settings: Readonly<Record<string, string>>): void {
  const key = `${recordedCard.device}/${recordedCard.number}`;
  state.functions[key] = { ...state.functions[key], ...settings };
}

/** Rules of os-vif's own chains for a bridge; ours have other names. Other steps only write what is there. */
function forward(state: ModelState, data: unknown): void {
  const bridge = /(?:-i|--in-interface) (\S+?) -j ACCEPT/.exec(JSON.stringify(data))?.[1];
  const input = bridge && forwardUpdate(savedText(state.filter), [`-i ${bridge} -j ACCEPT`, `-o ${bridge} -j ACCEPT`]);
  if (input) state.filter = restored(state.filter, input);
}

function withTap(state: ModelState, name: string): ModelState['devices'] {
  if (!findDevice(state, name)) runIp(state, ['tuntap', 'add', 'dev', name, 'mode', 'tap']);
  return state.devices;
}

function forgetTunctl(state: ModelState, trace: readonly Json[]): void {
  const removes = trace.some((step) => Array.isArray(step['execute']) && step['execute'].includes('delete'));
  if (removes) return;
  for (const { name, kind } of state.devices) if (kind === 'tun') removeDevice(state, name);
}

function text(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new CommandFailure(`a recording has ${JSON.stringify(value)} for a word`);
}
