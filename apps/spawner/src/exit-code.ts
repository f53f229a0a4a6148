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

type Rule = ExitCode | { readonly byCode: Readonly<Record<string, ExitCode>>; readonly otherwise: ExitCode };

/**
 * By the name of the error's class, then by its code. Names and not `instanceof`, so that asking for an exit code loads
 * none of the packages.
 */
const rules: Readonly<Record<string, Rule>> = {
  SpawnerError: {
    byCode: {
      USAGE: exitCodes.usage,
      NOT_FOUND: exitCodes.notFound,
      EXISTS: exitCodes.exists,
      HOST_NOT_READY: exitCodes.hostNotReady,
      DAEMON_UNREACHABLE: exitCodes.temporary,
      BUSY: exitCodes.temporary,
      RESIDUE: exitCodes.residue,
      INTERRUPTED: exitCodes.interrupted,
      WAIT_TIMEOUT: exitCodes.waitTimeout,
    },
    otherwise: exitCodes.bug,
  },
  InstanceError: exitCodes.usage,
  BlockinfoError: exitCodes.usage,
  DesignerError: exitCodes.usage,
  ConfigDriveError: {
    byCode: { NO_SPACE: exitCodes.storage, TOOL_NOT_FOUND: exitCodes.hostNotReady },
    otherwise: exitCodes.usage,
  },
  ImageBackendError: { byCode: { NO_SPACE: exitCodes.storage }, otherwise: exitCodes.image },
  VifError: exitCodes.hostNotReady,
  DomainRuntimeError: {
    byCode: {
      DAEMON_UNREACHABLE: exitCodes.temporary,
      PERMISSION_DENIED: exitCodes.hostNotReady,
      EVENT_TIMEOUT: exitCodes.waitTimeout,
      WAIT_TIMEOUT: exitCodes.waitTimeout,
    },
    otherwise: exitCodes.hypervisor,
  },
  EffectsError: {
    byCode: {
      EXEC_NOT_FOUND: exitCodes.hostNotReady,
      LOCK_HELD: exitCodes.temporary,
      LOCK_UNUSABLE: exitCodes.hostNotReady,
    },
    otherwise: exitCodes.storage,
  },
  LibvirtError: exitCodes.hypervisor,
  ConnectionLostError: exitCodes.temporary,
  GuestConfigError: exitCodes.hypervisor,
};

/** The exit code of an error, by itself or by the nearest cause that has one; 1, a bug, when nothing is known of it. */
export function exitCodeOf(error: unknown): ExitCode {
  for (let one: unknown = error; one instanceof Error; one = one.cause) {
    const rule = rules[one.name];
    if (rule === undefined) continue;
    return typeof rule === 'number' ? rule : (rule.byCode[(one as Coded).code] ?? rule.otherwise);
  }
  return exitCodes.bug;
}
