import { ErrorDomain, ErrorLevel, ErrorNumber } from './generated/enums.gen.ts';
import { type NameOf, nameOf } from './objects/names.ts';

/** libvirt's names of errors (virErrorNumber) without `VIR_ERR_`: `NO_DOMAIN`, `OPERATION_INVALID`, … */
export type ErrorCodeName = NameOf<typeof ErrorNumber>;

/** What a server says about a call that failed (virNetMessageError). */
export interface ErrorReport {
  readonly code: number;
  readonly domain: number;
  readonly message?: string | undefined;
  readonly level: number;
  /** The format of the message, then its details. */
  readonly str1?: string | undefined;
  readonly str2?: string | undefined;
  readonly str3?: string | undefined;
  /** -1 when unset; often an errno. */
  readonly int1: number;
  readonly int2: number;
}

/** An error of the server. People branch on {@link LibvirtError.is}, or on the few subclasses. */
export class LibvirtError extends Error {
  override readonly name: string = 'LibvirtError';
  readonly code: number;
  readonly codeName: ErrorCodeName;
  /** Which part of libvirt it comes from (virErrorDomain). */
  readonly domain: number;
  readonly domainName: NameOf<typeof ErrorDomain>;
  readonly level: number;
  readonly str1: string | undefined;
  readonly str2: string | undefined;
  readonly str3: string | undefined;
  readonly int1: number;
  readonly int2: number;
  /** The call it answers; undefined for what no call asked for. */
  readonly procedure: string | undefined;

  constructor(message: string, report: ErrorReport, procedure?: string, options: ErrorOptions = {}) {
    super(message, options);
    this.code = report.code;
    this.codeName = nameOf(ErrorNumber, report.code);
    this.domain = report.domain;
    this.domainName = nameOf(ErrorDomain, report.domain);
    this.level = report.level;
    this.str1 = report.str1;
    this.str2 = report.str2;
    this.str3 = report.str3;
    this.int1 = report.int1;
    this.int2 = report.int2;
    this.procedure = procedure;
  }

  is(codeName: keyof typeof ErrorNumber): boolean {
    return this.code === ErrorNumber[codeName];
  }
}

/** No such object: `NO_DOMAIN`, `NO_NETWORK`, `NO_STORAGE_VOL`, … */
export class NotFoundError extends LibvirtError {
  override readonly name = 'NotFoundError';
}

/** The driver, the server's release, or this client cannot do it: `NO_SUPPORT`, `OPERATION_UNSUPPORTED`, `ARGUMENT_UNSUPPORTED`. */
export class UnsupportedError extends LibvirtError {
  override readonly name = 'UnsupportedError';
}

/** The object is in the wrong state (`OPERATION_INVALID`): a domain that does not run is asked to pause. */
export class OperationInvalidError extends LibvirtError {
  override readonly name = 'OperationInvalidError';
}

/** `AUTH_FAILED`, `AUTH_CANCELLED` or `AUTH_UNAVAILABLE`. */
export class AuthError extends LibvirtError {
  override readonly name = 'AuthError';
}

/** `ACCESS_DENIED` by an access control driver, or `OPERATION_DENIED` on a read-only connection. */
export class AccessDeniedError extends LibvirtError {
  override readonly name = 'AccessDeniedError';
}

/** An {@link UnsupportedError} that this client finds by itself. */
export function unsupported(message: string, procedure?: string): UnsupportedError {
  return new UnsupportedError(message, clientReport(ErrorNumber.NO_SUPPORT, message), procedure);
}

/** The report of an error that no server sent. */
export function clientReport(code: number, message: string): ErrorReport {
  return { code, domain: ErrorDomain.RPC, level: ErrorLevel.ERROR, message, int1: -1, int2: -1 };
}

/** What bytes or values broke, to branch on. */
export type ProtocolErrorCode =
  /** Bytes from the server that do not follow the protocol. */
  | 'MALFORMED'
  /** A value that the wire has no room for; nothing was sent. */
  | 'INVALID_VALUE'
  /** A connection URI that cannot be read. */
  | 'INVALID_URI';

/** Bytes or values outside the protocol. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: ProtocolErrorCode;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(
    code: ProtocolErrorCode,
    message: string,
    context: Readonly<Record<string, unknown>> = {},
    options: ErrorOptions = {},
  ) {
    super(message, options);
    this.code = code;
    this.context = context;
  }
}

/** How a connection failed, to branch on. */
export type ConnectionErrorCode =
  /** It never came to be; `cause` has the system's error. */
  | 'UNREACHABLE'
  /** The server or the network ended it. */
  | 'LOST'
  /** It was disposed of on this side. */
  | 'CLOSED';

/** The connection is gone, or never was. */
export class ConnectionLostError extends Error {
  override readonly name = 'ConnectionLostError';
  readonly code: ConnectionErrorCode;
  /** The call was sent and its answer never came: nobody here knows whether the server executed it. */
  readonly maybeExecuted: boolean;
  readonly procedure: string | undefined;

  constructor(
    code: ConnectionErrorCode,
    message: string,
    details: {
      readonly maybeExecuted?: boolean;
      readonly procedure?: string | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.code = code;
    this.maybeExecuted = details.maybeExecuted ?? false;
    this.procedure = details.procedure;
  }
}

/** Something on this side's clock ran out: the server answered no keepalive, or a daemon did not start. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
  readonly code = 'TIMEOUT';
  readonly timeoutMs: number;

  constructor(message: string, timeoutMs: number, options: ErrorOptions = {}) {
    super(message, options);
    this.timeoutMs = timeoutMs;
  }
}
