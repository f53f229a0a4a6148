import type { CheckName } from './finding.ts';

/** Class and code of an error → the check that looks at what it complains of. Names, so that no package is loaded. */
const checks: Readonly<Record<string, CheckName>> = {
  'EffectsError EXEC_NOT_FOUND': 'programs',
  'EffectsError LOCK_UNUSABLE': 'state',
  'ConfigDriveError TOOL_MISSING': 'programs',
  'ImageBackendError TOOL_MISSING': 'programs',
  'ImageBackendError NO_SPACE': 'space',
  'ImageBackendError STORAGE_UNREACHABLE': 'storage',
  'VolumeError TOOL_MISSING': 'programs',
  'VifError SWITCH_UNAVAILABLE': 'programs',
  'VifError NETWORK_NOT_FOUND': 'networks',
  'VifError NETWORK_INACTIVE': 'networks',
  'DomainRuntimeError DAEMON_UNREACHABLE': 'libvirt',
  'DomainRuntimeError PERMISSION_DENIED': 'libvirt',
  'DomainRuntimeError HOST_UNSUITABLE': 'hypervisor',
  'SpawnerError DAEMON_UNREACHABLE': 'libvirt',
  'SpawnerError RESIDUE': 'journals',
};

/** The check of `spawner doctor` that explains an error, by itself, by its context, or by the nearest cause that has one. */
export function checkOfError(error: unknown): CheckName | undefined {
  for (let one: unknown = error; one instanceof Error; one = one.cause) {
    const { code, context } = one as { code?: unknown; context?: { check?: CheckName } };
    const check = context?.check ?? checks[`${one.name} ${String(code)}`];
    if (check) return check;
  }
  return undefined;
}
