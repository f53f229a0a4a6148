import type { ConfigDriveErrorCode } from '@spawnkit/configdrive';
import type { DomainRuntimeErrorCode } from '@spawnkit/domain-runtime';
import type { EffectsErrorCode } from '@spawnkit/effects';
import type { ImageBackendErrorCode } from '@spawnkit/image-backend';
import type { VifErrorCode } from '@spawnkit/vif';
import type { VolumeErrorCode } from '@spawnkit/volume';
import type { SpawnerErrorCode } from './errors.ts';

/** The exit codes of `spawner`; the README lists them for scripts. */
export const exitCodes = {
  ok: 0,
  bug: 1,
  usage: 2,
  notFound: 3,
  exists: 4,
  hostNotReady: 5,
  image: 6,
  storage: 7,
  hypervisor: 8,
  waitTimeout: 9,
  residue: 10,
  temporary: 75,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What every error class of the workspace has in common. */
interface Coded extends Error {
  readonly code: string;
}

/** The classes that have codes, and their codes. */
interface Codes {
  SpawnerError: SpawnerErrorCode;
  ConfigDriveError: ConfigDriveErrorCode;
  ImageBackendError: ImageBackendErrorCode;
  VifError: VifErrorCode;
  VolumeError: VolumeErrorCode;
  DomainRuntimeError: DomainRuntimeErrorCode;
  EffectsError: EffectsErrorCode;
}

interface RuleByCode<Code extends string> {
  readonly byCode: Readonly<Partial<Record<Code, ExitCode>>>;
  readonly otherwise: ExitCode;
}

/**
 * By the name of the error's class, then by its code. Names and not `instanceof`, so that asking for an exit code loads
 * none of the packages.
 */
const rulesByCode: { readonly [Name in keyof Codes]: RuleByCode<Codes[Name]> } = {
  SpawnerError: {
    byCode: {
      USAGE: exitCodes.usage,
      NOT_FOUND: exitCodes.notFound,
      EXISTS: exitCodes.exists,
      HOST_NOT_READY: exitCodes.hostNotReady,
      IMAGE_UNAVAILABLE: exitCodes.image,
      DAEMON_UNREACHABLE: exitCodes.temporary,
      NO_CAPACITY: exitCodes.storage,
      BUSY: exitCodes.temporary,
      RESIDUE: exitCodes.residue,
      INTERRUPTED: exitCodes.interrupted,
      WAIT_TIMEOUT: exitCodes.waitTimeout,
    },
    otherwise: exitCodes.bug,
  },
  ConfigDriveError: {
    byCode: { BUILD_FAILED: exitCodes.storage, TOOL_MISSING: exitCodes.hostNotReady },
    otherwise: exitCodes.usage,
  },
  ImageBackendError: {
    byCode: {
      NO_SPACE: exitCodes.storage,
      TOOL_FAILED: exitCodes.storage,
      STORAGE_FAILED: exitCodes.storage,
      DISK_BUSY: exitCodes.storage,
      STORAGE_UNREACHABLE: exitCodes.temporary,
      TOOL_MISSING: exitCodes.hostNotReady,
      INVALID_REQUEST: exitCodes.usage,
    },
    otherwise: exitCodes.image,
  },
  VifError: {
    byCode: { VIF_INVALID: exitCodes.usage, VIF_TYPE_UNSUPPORTED: exitCodes.usage },
    otherwise: exitCodes.hostNotReady,
  },
  VolumeError: {
    byCode: {
      VOLUME_TYPE_UNKNOWN: exitCodes.usage,
      INVALID_CONNECTION_INFO: exitCodes.usage,
      INVALID_OPTION: exitCodes.usage,
      ENCRYPTION_UNSUPPORTED: exitCodes.usage,
      CONNECTOR_MISSING: exitCodes.hostNotReady,
      TOOL_MISSING: exitCodes.hostNotReady,
      KEY_UNAVAILABLE: exitCodes.hostNotReady,
    },
    otherwise: exitCodes.storage,
  },
  DomainRuntimeError: {
    byCode: {
      DAEMON_UNREACHABLE: exitCodes.temporary,
      PERMISSION_DENIED: exitCodes.hostNotReady,
      HOST_UNSUITABLE: exitCodes.hostNotReady,
      // The instance was taken back; when the network service is well again, the same spawn may succeed.
      EVENT_TIMEOUT: exitCodes.temporary,
      EVENTS_CLOSED: exitCodes.temporary,
      EVENTS_BUSY: exitCodes.temporary,
      CALL_TIMEOUT: exitCodes.temporary,
      INVALID_EVENT: exitCodes.usage,
      LXC_ROOT_FAILED: exitCodes.hostNotReady,
    },
    otherwise: exitCodes.hypervisor,
  },
  EffectsError: {
    byCode: {
      EXEC_NOT_FOUND: exitCodes.hostNotReady,
      LOCK_HELD: exitCodes.temporary,
      LOCK_UNUSABLE: exitCodes.hostNotReady,
      JOURNAL_EXISTS: exitCodes.exists,
      JOURNAL_NOT_FOUND: exitCodes.notFound,
    },
    otherwise: exitCodes.storage,
  },
};

const rulesByName: Readonly<Record<string, ExitCode>> = {
  InstanceError: exitCodes.usage,
  BlockinfoError: exitCodes.usage,
  DesignerError: exitCodes.usage,
  GuestConfigError: exitCodes.hypervisor,
  LibvirtError: exitCodes.hypervisor,
  NotFoundError: exitCodes.hypervisor,
  UnsupportedError: exitCodes.hypervisor,
  OperationInvalidError: exitCodes.hypervisor,
  ProtocolError: exitCodes.hypervisor,
  AuthError: exitCodes.hostNotReady,
  AccessDeniedError: exitCodes.hostNotReady,
  ConnectionLostError: exitCodes.temporary,
  TimeoutError: exitCodes.temporary,
};

/** The exit code of an error, by itself or by the nearest cause that has one; 1, a bug, when nothing is known of it. */
export function exitCodeOf(error: unknown): ExitCode {
  for (let one: unknown = error; one instanceof Error; one = one.cause) {
    const known = codedExit(one as Coded) ?? (Object.hasOwn(rulesByName, one.name) ? rulesByName[one.name] : undefined);
    if (known !== undefined) return known;
  }
  return exitCodes.bug;
}

function codedExit({ name, code }: Coded): ExitCode | undefined {
  if (!Object.hasOwn(rulesByCode, name)) return undefined;
  const rule: RuleByCode<string> = rulesByCode[name as keyof Codes];
  return rule.byCode[code] ?? rule.otherwise;
}
