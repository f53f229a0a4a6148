import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, Hostdev, Interface } from '../../packages/guest-config/src/index.ts';
import { designGuest } from '../../packages/guest-designer/src/index.ts';
import { designerConfigOf } from '../../packages/guest-designer/test/recorded-config.ts';
import { smallRequest } from '../../packages/guest-designer/test/small-request.ts';
import { readTree, treeDifference } from '../../packages/guest-designer/test/xml-tree.ts';
import { convertVif, instanceChains } from '../../packages/vif/src/index.ts';
import { plugException } from '../../packages/vif/test/recorded/plug-exceptions.ts';
import type { FirewallCase, VifCase } from '../../packages/vif/test/recorded/recorded-case.ts';
import { definedFilters, firewallRequestOf } from '../../packages/vif/test/recorded/recorded-filters.ts';
import { recordedForm } from '../../packages/vif/test/recorded/recorded-object.ts';
import { type Course, novaCourse, ownCourse, recordedVif } from '../../packages/vif/test/recorded/recorded-plug.ts';
import { type CaseVerdict, firstDifference, report, type Verdict } from './report.ts';

const ownVectors = join(import.meta.dirname, '../../packages/vif/test/vectors/network');

/** The recorded cases of virtual interfaces and their firewall. */
export async function run(args: readonly string[]): Promise<number> {
  const at = args.indexOf('--dir');
  return report(verdicts(at < 0 ? ownVectors : (args[at + 1] ?? ownVectors)));
}

/** One verdict per recorded case of a directory. */
export async function* verdicts(directory: string = ownVectors): AsyncIterable<CaseVerdict> {
  for (const one of await cases<VifCase>(directory, 'vif')) {
    yield { id: one.id, verdict: await guarded(() => vifVerdict(one)) };
  }
  for (const one of await cases<FirewallCase>(directory, 'nwfilter')) {
    yield { id: one.id, verdict: await guarded(() => firewallVerdict(one)) };
  }
}

async function cases<Case>(directory: string, name: string): Promise<readonly Case[]> {
  const text = await readFile(join(directory, `${name}.json`), 'utf8');
  return (JSON.parse(text) as { cases: readonly Case[] }).cases;
}

async function guarded(judge: () => Promise<Verdict>): Promise<Verdict> {
  try {
    return await judge();
  } catch (error) {
    return failed(`crashed: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

const hypervisors: readonly string[] = ['kvm', 'qemu', 'lxc'];

async function vifVerdict(one: VifCase): Promise<Verdict> {
  const rules = new Set<string>();
  const isForeign = !hypervisors.includes(one.input.virt_type ?? 'kvm');
  if (isForeign) rules.add('guests of other hypervisors than QEMU and LXC are not made; the host is prepared alike');
  const difference = objectDifference(one) ?? (isForeign ? undefined : interfaceDifference(one));
  if (difference !== undefined) return failed(difference);
  // The recordings do not say whether the bridge of Open vSwitch was there; both must be right.
  for (const withSwitch of [true, false]) {
    const [nova, own] = [novaCourse(one, withSwitch), await ownCourse(one, withSwitch)];
    const where = courseDifference(one, nova, own, withSwitch);
    if (where === undefined) continue;
    const rule = await plugException(one, nova, own);
    if (rule === undefined) return failed(where);
    rules.add(rule);
  }
  return rules.size === 0 ? { status: 'passed' } : { status: 'excepted', rule: [...rules].join('; ') };
}

function objectDifference({ expected, ...one }: VifCase): string | undefined {
  const ours = outcome(() => {
    const object = convertVif(recordedVif({ ...one, expected }));
    return object === undefined ? null : recordedForm(object);
  });
  const nova = expected.os_vif;
  if (nova !== null && 'error' in nova) return errorDifference('os_vif', String(nova['error']), ours);
  return 'code' in ours ? `os_vif: got the error ${ours.code}` : firstDifference(nova, ours.value, 'os_vif');
}

function interfaceDifference({ expected, ...one }: VifCase): string | undefined {
  const nova = expected.guest_interface_xml;
  if (nova === null) return undefined;
  const ours = outcome(() => interfaceOf({ ...one, expected }));
  if (typeof nova !== 'string') return errorDifference('guest_interface_xml', nova.error, ours);
  if ('code' in ours) return `guest_interface_xml: got the error ${ours.code}: ${ours.message}`;
  return treeDifference(readTree(nova), readTree(ours.value));
}

/** The part of a small guest that its one VIF becomes. */
function interfaceOf({ input }: VifCase): string {
  const slot = input.vif.profile?.['pci_slot'];
  const known =
    typeof slot === 'string'
      ? { pciInterfaceNames: { [slot]: 'eth1' }, vdpaDevices: { [slot]: '/dev/vhost-vdpa-0' } }
      : {};
  const guest = designGuest(
    smallRequest({
      config: designerConfigOf(input.config ?? {}, {}),
      host: known,
      properties: propertiesOf(input.system_metadata ?? {}),
      extraSpecs: input.extra_specs ?? {},
      vcpus: input.vcpus ?? 1,
      networkInfo: [input.vif],
      request: { rootfsPath: '/instances/first/rootfs' },
    }),
  );
  const [face] = guest.devices?.interfaces ?? [];
  const [device] = guest.devices?.hostdevs ?? [];
  if (face) return build(Interface, face);
  if (device) return build(Hostdev, device);
  throw new TypeError('the guest got nothing for its VIF');
}

function propertiesOf(metadata: Readonly<Record<string, string>>): Record<string, string> {
  const stashed = Object.entries(metadata).filter(([name]) => name.startsWith('image_'));
  return Object.fromEntries(stashed.map(([name, value]) => [name.slice('image_'.length), value]));
}

/**
 * Host after every call, what the calls threw, and commands of vendors. Nova's unplug refuses what its plug refused; ours, the
 * inverse of a plug that did nothing, does nothing. A bridge of Open vSwitch that was made goes with its last port; Nova,
 * which relies on its being there, leaves it.
 */
function courseDifference(one: VifCase, nova: Course, own: Course, withSwitch: boolean): string | undefined {
  for (const [at, expected] of nova.steps.entries()) {
    const actual = own.steps[at];
    const where = `ops.${at} (${expected.op}${withSwitch ? '' : ', no bridge before'})`;
    const isRefusal =
      expected.op === 'unplug' &&
      nova.steps[0]?.error !== undefined &&
      (one.expected.ops?.[at]?.trace.length ?? 0) === 0;
    if (!isRefusal && (expected.error === undefined) !== (actual?.error === undefined)) {
      return `${where}: expected ${expected.error ?? 'no error'}, got ${actual?.error ?? 'no error'}`;
    }
    const isKept = expected.op === 'unplug' && !withSwitch;
    const difference = firstDifference(
      isKept ? { ...expected.after, bridges: own.before.bridges } : expected.after,
      actual?.after,
      where,
    );
    if (difference !== undefined) return difference;
  }
  return firstDifference(nova.vendor, own.vendor, 'vendor');
}

async function firewallVerdict(one: FirewallCase): Promise<Verdict> {
  const { expected } = one;
  const { first, second } = await definedFilters(one);
  if (expected.defined_filters === undefined) {
    instanceChains(firewallRequestOf(one));
    return { status: 'excepted', rule: 'a router without address is left out, where Nova breaks' };
  }
  const numbers = firstDifference(
    { first: expected.defined_filters.length, second: expected.second_call_defines },
    { first: first.length, second },
    'definitions',
  );
  const filters = expected.defined_filters.map((xml, at) =>
    treeDifference(readTree(withoutUuid(xml)), readTree(withoutUuid(first[at] ?? '<none/>'))),
  );
  const chains = instanceChains(firewallRequestOf(one));
  const difference =
    numbers ?? filters.find((found) => found !== undefined) ?? firstDifference(expected.iptables, chains, 'iptables');
  return difference === undefined ? { status: 'passed' } : failed(difference);
}

function withoutUuid(xml: string): string {
  return xml.replace(/<uuid>[^<]*<\/uuid>/, '');
}

/** What Nova raises where we throw. */
const novaExceptions: Readonly<Record<string, readonly string[]>> = {
  VIF_TYPE_UNSUPPORTED: ['NovaException', 'NotImplementedError'],
  VIF_INVALID: [
    'NovaException',
    'InternalError',
    'KeyError',
    'NotImplementedError',
    'VifDetailsMissingVhostuserSockPath',
    'VifDetailsMissingMacvtapParameters',
    'PciDeviceNotFoundById',
  ],
  VIF_MODEL_UNSUPPORTED: ['UnsupportedHardware'],
  INVALID_INPUT: ['ValueError'],
};

type Outcome<T> = { readonly value: T } | { readonly code: string; readonly message: string };

function outcome<T>(call: () => T): Outcome<T> {
  try {
    return { value: call() };
  } catch (error) {
    // By name: packages import each other as built, the runner imports their sources.
    const isOurs = error instanceof Error && ['VifError', 'DesignerError', 'InstanceError'].includes(error.name);
    if (isOurs && 'code' in error) return { code: String(error.code), message: error.message };
    throw error;
  }
}

function errorDifference(where: string, expected: string, ours: Outcome<unknown>): string | undefined {
  if (!('code' in ours)) return `${where}: expected the error ${expected}, got none`;
  if (novaExceptions[ours.code]?.includes(expected)) return undefined;
  return `${where}: expected the error ${expected}, got ${ours.code}: ${ours.message}`;
}

function failed(difference: string): Verdict {
  return { status: 'failed', difference };
}
