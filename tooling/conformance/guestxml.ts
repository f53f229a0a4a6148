import { libvirtRefuses } from '../../packages/guest-designer/test/libvirt-refusals.ts';
import type { GuestXmlCase } from '../../packages/guest-designer/test/recorded-case.ts';
import { exceptionRule } from '../../packages/guest-designer/test/recorded-exceptions.ts';
import type { RecordedHost } from '../../packages/guest-designer/test/recorded-host.ts';
import { everyRecordedCase, ownVectors } from '../../packages/guest-designer/test/recorded-hosts.ts';
import { type Outcome, outcomeOf } from '../../packages/guest-designer/test/recorded-outcome.ts';
import { readTree, treeDifference } from '../../packages/guest-designer/test/xml-tree.ts';
import { type CaseVerdict, report, type Verdict } from './report.ts';

/** What Nova raises where we throw; several of its classes where it has more of them for one reason. */
const novaExceptions: Readonly<Record<string, readonly string[]>> = {
  INVALID_INPUT: ['ValueError'],
  FLAVOR_IMAGE_CONFLICT: ['FlavorImageConflict', 'FlavorImageLockedMemoryConflict'],
  INVALID_EXTRA_SPEC: [
    'Invalid',
    'InvalidRequest',
    'ValueError',
    'RealtimeMaskNotFoundOrInvalid',
    'InvalidEmulatorThreadsPolicy',
  ],
  CPU_TOPOLOGY_IMPOSSIBLE: [
    'ImageVCPUTopologyRangeExceeded',
    'ImageVCPULimitsRangeExceeded',
    'ImageVCPULimitsRangeImpossible',
  ],
  // Nova fails to put its list of models into words where the architecture has none of them.
  CPU_MODEL_UNAVAILABLE: ['InvalidCPUInfo', 'TypeError'],
  MACHINE_TYPE_UNAVAILABLE: ['InvalidMachineType', 'MissingDomainCapabilityFeatureException'],
  MEMORY_PAGES_UNAVAILABLE: ['MemoryPagesUnsupported'],
  UEFI_UNAVAILABLE: ['UEFINotSupported'],
  SECURE_BOOT_UNAVAILABLE: ['SecureBootNotSupported'],
  IOMMU_UNAVAILABLE: ['InvalidVIOMMUMachineType', 'InvalidVIOMMUArchitecture'],
  LOCKED_MEMORY_FORBIDDEN: ['LockMemoryForbidden'],
  CPU_CONTROL_UNAVAILABLE: ['UnsupportedHostCPUControlPolicy'],
  HOST_CPUS_INVALID: ['Invalid', 'NUMATopologyUnsupported'],
  SERIAL_PORTS_INVALID: [
    'SerialPortNumberLimitExceeded',
    'ImageSerialPortNumberExceedFlavorValue',
    'ImageSerialPortNumberInvalid',
  ],
  VIDEO_MEMORY_TOO_HIGH: ['RequestedVRamTooHigh'],
  WATCHDOG_ACTION_INVALID: ['InvalidWatchdogAction'],
  RNG_DEVICE_MISSING: ['RngDeviceNotExist'],
  TPM_SECRET_MISSING: ['Invalid'],
  // A volume that no driver knows has no source; a secret without its user makes Nova crash.
  DISK_SOURCE_INVALID: ['VolumeDriverNotFound', 'TypeError', 'KeyError', 'InvalidVolumeAccessMode'],
  VIF_MODEL_UNSUPPORTED: ['UnsupportedHardware'],
  VIF_INVALID: [
    'InternalError',
    'NovaException',
    'NotImplementedError',
    'VifDetailsMissingMacvtapParameters',
    'VifDetailsMissingVhostuserSockPath',
    'KeyError',
    'PciDeviceNotFoundById',
  ],
  PCI_UNAVAILABLE: ['PciDeviceUnsupportedHypervisor'],
  UNSUPPORTED_VIRT_TYPE: ['UnsupportedVirtType'],
  UNSUPPORTED_DISK_BUS: ['UnsupportedHardware'],
  NO_DEVICE_PREFIX: ['InternalError'],
  UNKNOWN_DEVICE_NAME: ['InternalError'],
  TOO_MANY_DISK_DEVICES: ['TooManyDiskDevices'],
  LUN_WITHOUT_BUS: ['AttributeError'],
  LUN_IN_BOOT_ORDER: ['KeyError'],
  INVALID_ENCRYPTION_OPTIONS: ['JSONDecodeError'],
  UNSUPPORTED_RESCUE_BUS: ['UnsupportedRescueBus'],
  UNSUPPORTED_RESCUE_DEVICE: ['UnsupportedRescueDevice'],
};

/** The recorded guests. The first line says how many documents of Nova's libvirt refuses, which count apart. */
export async function run(args: readonly string[]): Promise<number> {
  const at = args.indexOf('--dir');
  const cases: CaseVerdict[] = [];
  for await (const one of verdicts(at < 0 ? ownVectors : (args[at + 1] ?? ownVectors))) cases.push(one);
  const rules = cases.flatMap(({ verdict }) => (verdict.status === 'excepted' ? [verdict.rule] : []));
  const refused = rules.filter((rule) => rule.includes(libvirtRefuses)).length;
  console.log(`Of ${rules.length} excepted cases, ${refused} are documents of Nova's that libvirt 9 refuses.`);
  return report(cases);
}

/** One verdict per recorded case of a directory. */
export async function* verdicts(directory: string = ownVectors): AsyncIterable<CaseVerdict> {
  for await (const { one, host } of everyRecordedCase(directory)) yield { id: one.id, verdict: verdictOf(one, host) };
}

function verdictOf(one: GuestXmlCase, host: RecordedHost): Verdict {
  try {
    const ours = outcomeOf(one, host);
    const difference = differenceOf(one, ours);
    if (difference === undefined) return { status: 'passed' };
    const rule = exceptionRule(one, ours, host);
    return rule === undefined ? { status: 'failed', difference } : { status: 'excepted', rule };
  } catch (error) {
    return { status: 'failed', difference: `crashed: ${String(error)}` };
  }
}

function differenceOf({ expect }: GuestXmlCase, ours: Outcome): string | undefined {
  const { exception, xml } = expect;
  if ('code' in ours) {
    const kind = typeof exception === 'string' ? exception : 'a guest';
    if (novaExceptions[ours.code]?.includes(kind)) return undefined;
    return `expected ${kind}, got the error ${ours.code}: ${ours.message.replaceAll('\n', ' ')}`;
  }
  if (typeof xml !== 'string') return `expected the error ${String(exception)}, got a guest`;
  return treeDifference(readTree(xml), readTree(ours.xml));
}
