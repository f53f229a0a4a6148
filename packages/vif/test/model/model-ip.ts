import { findDevice, type ModelDevice, type ModelState, newDevice, removeDevice } from './model-devices.ts';

/** How a command of the model ends when it fails. */
export class CommandFailure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 2) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** `ip`, as far as plugging uses it, with the errors of the real one. Answers what it prints. */
export function runIp(state: ModelState, args: readonly string[]): string {
  const words = args.filter((word) => !['-json', '-details'].includes(word));
  const [object, ...rest] = words[0] === '-family' ? words.slice(2) : words;
  if (object === 'link') return runLink(state, rest);
  if (object === 'tuntap') return addTap(state, rest);
  // Addresses and routes are tested with a real kernel; devices of the model have none.
  if (object === 'address' || object === 'addr' || object === 'route') return rest[0] === 'show' ? '[]' : '';
  throw new CommandFailure(`the model has no ip ${args.join(' ')}`, 255);
}

function runLink(state: ModelState, [verb, ...rest]: readonly string[]): string {
  if (verb === 'show') return showLinks(state, rest);
  if (verb === 'add') addLink(state, rest);
  else if (verb === 'set') setLink(state, rest);
  else if (verb === 'delete') removeDevice(state, existing(state, withoutDev(rest)[0] ?? '').name);
  else if (verb === 'property') changeNames(state, rest);
  else throw new CommandFailure(`the model has no ip link ${verb}`, 255);
  return '';
}

function showLinks(state: ModelState, words: readonly string[]): string {
  const [key, name = ''] = words;
  if (key === 'master') return JSON.stringify(state.devices.filter((one) => one.master === name).map(printed));
  const found = findDevice(state, name);
  if (!found) throw new CommandFailure(`Device "${name}" does not exist.`, 1);
  return JSON.stringify([printed(found)]);
}

function printed(one: ModelDevice) {
  const { name, index, alternativeNames, master, mtu, up, kind, link, vlanId } = one;
  return {
    ifname: name,
    ifindex: index,
    altnames: alternativeNames,
    master,
    mtu,
    link,
    flags: up ? ['BROADCAST', 'UP'] : ['BROADCAST'],
    linkinfo: kind && { info_kind: kind, info_data: { id: vlanId } },
  };
}

function addLink(state: ModelState, words: readonly string[]): void {
  const of = (key: string) => after(words, key);
  const name = of('name') ?? withoutDev(words)[0] ?? '';
  const kind = of('type');
  refuseTaken(state, name);
  const link = of('link');
  if (link !== undefined) existing(state, link);
  const ageing = of('ageing_time');
  if (kind === 'veth') {
    const peer = words.at(-1) ?? '';
    refuseTaken(state, peer);
    state.devices.push(newDevice(name, { kind, link: peer }), newDevice(peer, { kind, link: name }));
  } else
    state.devices.push(newDevice(name, { kind, link, ageing, vlanId: kind === 'vlan' ? Number(of('id')) : undefined }));
}

function addTap(state: ModelState, words: readonly string[]): string {
  const name = withoutDev(words.slice(1))[0] ?? '';
  refuseTaken(state, name);
  state.devices.push(newDevice(name, { kind: 'tun' }));
  return '';
}

function setLink(state: ModelState, given: readonly string[]): void {
  const [name = '', ...words] = withoutDev(given);
  const device = existing(state, name);
  const vf = after(words, 'vf');
  if (vf !== undefined) return setFunction(state, device, vf, words);
  for (let at = 0; at < words.length; at++) {
    const [word = '', value = ''] = words.slice(at);
    if (word === 'up' || word === 'down') device.up = word === 'up';
    else if (word === 'nomaster') device.master = undefined;
    else if (word === 'type' && words.includes('hairpin')) return void (device.hairpin = true);
    else {
      at++;
      if (word === 'mtu') device.mtu = Number(value);
      else if (word === 'master') device.master = existing(state, value).name;
      else if (word === 'promisc') device.promisc = value === 'on';
      else if (word === 'address') device.address = value;
      else if (word === 'name') rename(state, device, value);
      else if (word !== 'addrgenmode') throw new CommandFailure(`the model has no ip link set ${word}`, 255);
    }
  }
}

function setFunction(state: ModelState, device: ModelDevice, vf: string, words: readonly string[]): void {
  const key = `${device.name}/${vf}`;
  const settings = { ...state.functions[key] };
  for (const what of ['mac', 'vlan', 'trust']) {
    const value = after(words, what);
    if (value !== undefined) settings[what] = value;
  }
  state.functions[key] = settings;
}

function changeNames(state: ModelState, [verb, ...rest]: readonly string[]): void {
  const [name = '', , alternative = ''] = withoutDev(rest);
  const device = existing(state, name);
  if (verb === 'add') refuseTaken(state, alternative);
  const others = device.alternativeNames.filter((one) => one !== alternative);
  device.alternativeNames = verb === 'add' ? [...others, alternative].sort() : others;
}

function rename(state: ModelState, device: ModelDevice, name: string): void {
  refuseTaken(state, name);
  for (const one of state.devices) {
    if (one.master === device.name) one.master = name;
    if (one.link === device.name) one.link = name;
  }
  device.name = name;
}

function refuseTaken(state: ModelState, name: string): void {
  if (findDevice(state, name)) throw new CommandFailure('RTNETLINK answers: File exists');
}

function existing(state: ModelState, name: string): ModelDevice {
  const found = findDevice(state, name);
  if (found) return found;
  throw new CommandFailure(`Cannot find device "${name}"`, 1);
}

function withoutDev(words: readonly string[]): readonly string[] {
  return words[0] === 'dev' ? words.slice(1) : words;
}

function after(words: readonly string[], key: string): string | undefined {
  const at = words.indexOf(key);
  return at < 0 ? undefined : words[at + 1];
}
