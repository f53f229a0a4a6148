import { type GuestXmlCase, listOf, recordOf } from './recorded-case.ts';
import type { Outcome } from './recorded-outcome.ts';
import type { RecordedHost } from './recorded-host.ts';
import { libvirtCorrections, libvirtRefusals, libvirtRefuses, type NovaGuest } from './libvirt-refusals.ts';
import { all, readTree, type Tree, treeDifference } from './xml-tree.ts';

/**
 * The rules by which our guest differs from Nova's on purpose, after asserting our own outcome; undefined when none applies,
 * or when something else differs as well.
 */
export function exceptionRule(one: GuestXmlCase, ours: Outcome, host: RecordedHost): string | undefined {
  const corrected = 'xml' in ours ? correctionRules(one, readTree(ours.xml)) : undefined;
  return corrected ?? Object.keys(outcomes).find((name) => outcomes[name]?.(one, ours, host));
}

/** What we write otherwise, by the rule: a change to each element of Nova's document. */
const corrections: Readonly<Record<string, (tree: Tree, guest: NovaGuest) => Tree>> = {
  'SMM is switched on by its own state, not by an element inside it that libvirt does not read': (tree) =>
    tree.name === 'smm' ? { ...tree, attrs: { state: 'on' }, kids: [] } : tree,

  'an emulated guest gets the default machine of its architecture, not that of its host': (tree, { one }) => {
    const machine = emulatedDefault(one)?.machine;
    return isType(tree) && machine !== undefined ? { ...tree, attrs: { ...tree.attrs, machine } } : tree;
  },

  'numbers are written without leading zeros': (tree) =>
    tree.name === 'iotune' ? { ...tree, kids: tree.kids.map(withoutLeadingZeros) } : tree,

  'a tap device that somebody else connects has a name that he can work out, where Nova leaves it to libvirt': (
    tree,
    { one },
  ) => {
    const vif = tree.name === 'interface' && tree.attrs.type === 'ethernet' ? vifOf(one, tree) : undefined;
    if (!vif || vif.devname !== null || tree.kids.some(({ name }) => name === 'target')) return tree;
    const target = { name: 'target', attrs: { dev: `nic${String(vif.id)}`.slice(0, 14) }, text: '', kids: [] };
    return { ...tree, kids: [...tree.kids, target] };
  },

  ...prefixed(libvirtCorrections),
};

function prefixed<Rule>(rules: Readonly<Record<string, Rule>>): Readonly<Record<string, Rule>> {
  return Object.fromEntries(Object.entries(rules).map(([rule, apply]) => [`${libvirtRefuses}${rule}`, apply]));
}

/** The rules that turn Nova's document into ours. */
function correctionRules(one: GuestXmlCase, ours: Tree): string | undefined {
  if (typeof one.expect.xml !== 'string') return undefined;
  const used: string[] = [];
  const guest = novaGuest(one, one.expect.xml);
  let tree = guest.domain;
  for (const [rule, change] of Object.entries(corrections)) {
    const after = changed(tree, (element) => change(element, guest));
    if (treeDifference(tree, after) !== undefined) used.push(rule);
    tree = after;
  }
  if (used.length > 0 && treeDifference(tree, ours) === undefined) return used.join('; ');
  const swapMoved = sharesName(tree) && !sharesName(ours);
  const sameButNames = treeDifference(changed(tree, unnamed), changed(ours, unnamed)) === undefined;
  return swapMoved && sameButNames ? 'swap keeps away from device names that volumes were promised' : undefined;
}

function novaGuest(one: GuestXmlCase, xml: string): NovaGuest {
  const domain = readTree(xml);
  return { one, domain, arch: all(domain).find(isType)?.attrs.arch ?? '' };
}

/** Where we refuse and Nova does not, or the other way round: whether our outcome is the better one that the rule promises. */
const outcomes: Readonly<Record<string, (one: GuestXmlCase, ours: Outcome, host: RecordedHost) => boolean>> = {
  // ARM's UEFI is made for no PC.
  'an emulated guest gets the default machine of its architecture, where Nova finds no firmware': (one, ours) => {
    const { arch, machine } = emulatedDefault(one) ?? {};
    if (machine === undefined || one.expect.exception !== 'InternalError') return false;
    // The machine that Nova fails with is its host's; what comes after it may be wrong as well.
    if ('code' in ours) return String(one.expect.message).startsWith('Invalid machine type');
    const type = typeOf(ours.xml);
    return type?.arch === arch && type?.machine === machine;
  },

  'a machine type that the architecture does not have is refused': ({ expect }, ours, { facts }) => {
    if (!('code' in ours) || ours.code !== 'MACHINE_TYPE_UNAVAILABLE') return false;
    const { arch, machine } = typeof expect.xml === 'string' ? (typeOf(expect.xml) ?? {}) : ours.context;
    const guests = facts.guests.filter((guest) => guest.arch === arch);
    return !guests.some((guest) => guest.machines.some(({ name }) => name === machine));
  },

  'two disks on one device name are refused': (one, ours) =>
    typeof one.expect.xml === 'string' &&
    (sharesName(readTree(one.expect.xml)) || mapsTwice(one)) &&
    isRefusal(ours, 'DEVICE_NAME_TAKEN'),

  'block sizes may be numbers as well as texts, where Nova crashes': (one, ours) => {
    const sizes = numericBlockSizes(one);
    if (one.expect.exception !== 'TypeError' || sizes.length === 0 || 'code' in ours) return false;
    const written = all(readTree(ours.xml)).filter(({ name }) => name === 'blockio');
    return sizes.every((size) => written.some(({ attrs }) => Object.values(attrs).includes(String(size))));
  },

  'parameters of 802.1Qbg that libvirt refuses are refused before anything is made': (_one, ours) =>
    'code' in ours && ours.code === 'VIF_INVALID' && ours.context.type === '802.1qbg',

  'a guest has both a chosen CPU model and encrypted memory, where Nova crashes': ({ config, input, expect }, ours) => {
    const { 'hw:mem_encryption': wish } = recordOf(recordOf(recordOf(input.instance).flavor).extra_specs);
    const isCrash = expect.exception === 'NotImplementedError' && config['libvirt.cpu_mode'] === 'custom';
    return isCrash && wish === 'true' && ('xml' in ours || ours.code !== 'CPU_MODEL_UNAVAILABLE');
  },

  'both refuse one interface, each for the fault that it meets first': ({ expect }, ours) =>
    expect.exception === 'UnsupportedHardware' && isRefusal(ours, 'VIF_INVALID'),

  'both refuse, Nova for what it meets before libvirt can': (one, ours) =>
    typeof one.expect.exception === 'string' &&
    'code' in ours &&
    (leftToLibvirt.includes(ours.code) || /^(quota:disk_total|hw:tpm_version)/.test(String(ours.context.key))),

  ...Object.fromEntries(
    Object.entries(prefixed(libvirtRefusals)).map(([rule, applies]) => [
      rule,
      (one: GuestXmlCase, ours: Outcome) =>
        typeof one.expect.xml === 'string' && 'code' in ours && applies(ours, novaGuest(one, one.expect.xml)),
    ]),
  ),
};

/** Codes of what Nova does not look at, or only while it writes the document, after everything else. */
const leftToLibvirt: readonly string[] = [
  'DEVICE_NAME_TAKEN',
  'DISK_SOURCE_INVALID',
  'DISK_BUS_UNAVAILABLE',
  'SCSI_MODEL_UNAVAILABLE',
  'VIDEO_MODEL_UNAVAILABLE',
  'INPUT_BUS_UNAVAILABLE',
  'VIF_MODEL_UNSUPPORTED',
  'PCI_UNAVAILABLE',
];

function withoutLeadingZeros(tree: Tree): Tree {
  return { ...tree, text: tree.text.replace(/^0+(?=\d)/, '') };
}

function vifOf({ input }: GuestXmlCase, { kids }: Tree) {
  const address = kids.find(({ name }) => name === 'mac')?.attrs.address;
  return listOf(input.network_info)
    .map(recordOf)
    .find((vif) => vif.address === address);
}

function isRefusal(ours: Outcome, code: string): boolean {
  return 'code' in ours && ours.code === code;
}

function changed(tree: Tree, change: (tree: Tree) => Tree): Tree {
  const after = change(tree);
  return { ...after, kids: after.kids.map((kid) => changed(kid, change)) };
}

function numericBlockSizes({ input }: GuestXmlCase): readonly number[] {
  const volumes = listOf(recordOf(input.block_device_info).block_device_mapping).map(recordOf);
  const data = volumes.map((volume) => recordOf(recordOf(volume.connection_info).data));
  const sizes = data.flatMap((one) => [one.logical_block_size, one.physical_block_size]);
  return sizes.filter((size) => typeof size === 'number');
}

const defaultMachines: Readonly<Record<string, string>> = {
  aarch64: 'virt',
  ppc64le: 'pseries',
  s390x: 's390-ccw-virtio',
};

/** The machine of a case that is emulated and names none. */
function emulatedDefault({ input }: GuestXmlCase): { readonly arch: string; readonly machine?: string } | undefined {
  const { hw_emulation_architecture: arch, hw_machine_type: named } = recordOf(recordOf(input.image_meta).properties);
  if (typeof arch !== 'string' || named !== undefined) return undefined;
  const machine = Object.hasOwn(defaultMachines, arch) ? defaultMachines[arch] : undefined;
  return { arch, ...(machine !== undefined && { machine }) };
}

function isType({ name, attrs }: Tree): boolean {
  return name === 'type' && attrs.arch !== undefined;
}

function typeOf(xml: string): Tree['attrs'] | undefined {
  return all(readTree(xml)).find(isType)?.attrs;
}

function unnamed(tree: Tree): Tree {
  return tree.name === 'target' ? { ...tree, attrs: { ...tree.attrs, dev: '' } } : tree;
}

/** Whether two disks of Nova's mapping have one device name, attached or not; `root` repeats another disk. */
function mapsTwice({ expect }: GuestXmlCase): boolean {
  const mapping = Object.entries(recordOf(recordOf(expect.disk_info).mapping)).filter(([name]) => name !== 'root');
  const names = mapping.map(([, info]) => recordOf(info).dev).filter((name) => name !== null);
  return new Set(names).size !== names.length;
}

/** Whether two disks of a document have one device name. */
function sharesName(domain: Tree): boolean {
  const disks = all(domain).filter(({ name }) => name === 'disk');
  const names = disks.map(({ kids }) => kids.find(({ name }) => name === 'target')?.attrs.dev);
  return new Set(names).size !== names.length;
}
