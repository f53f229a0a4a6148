import {
  AccessDeniedError,
  AuthError,
  type ErrorReport,
  LibvirtError,
  NotFoundError,
  OperationInvalidError,
  UnsupportedError,
} from '../errors.ts';
import { ErrorDomain, ErrorNumber } from '../generated/enums.gen.ts';
import { decodeVirNetMessageError, encodeVirNetMessageError, type VirNetMessageError } from '../generated/types.gen.ts';
import { uuidText } from '../objects/uuid.ts';
import { decodeBody, type XdrCodec } from '../xdr/codec.ts';

/** What stands in a reply or stream packet with status error. */
export const errorCodec: XdrCodec<VirNetMessageError> = {
  encode: encodeVirNetMessageError,
  decode: decodeVirNetMessageError,
};

const N = ErrorNumber;
const CLASSES = new Map<number, typeof LibvirtError>([
  ...[
    N.NO_DOMAIN,
    N.NO_NETWORK,
    N.NO_STORAGE_POOL,
    N.NO_STORAGE_VOL,
    N.NO_NODE_DEVICE,
    N.NO_INTERFACE,
    N.NO_NWFILTER,
    N.NO_NWFILTER_BINDING,
    N.NO_SECRET,
    N.NO_DOMAIN_SNAPSHOT,
    N.NO_DOMAIN_CHECKPOINT,
    N.NO_DOMAIN_BACKUP,
    N.NO_DOMAIN_METADATA,
    N.NO_NETWORK_METADATA,
    N.NO_NETWORK_PORT,
    N.NO_SERVER,
    N.NO_CLIENT,
  ].map((code) => [code, NotFoundError] as const),
  [N.NO_SUPPORT, UnsupportedError],
  [N.OPERATION_UNSUPPORTED, UnsupportedError],
  [N.ARGUMENT_UNSUPPORTED, UnsupportedError],
  [N.OPERATION_INVALID, OperationInvalidError],
  [N.AUTH_FAILED, AuthError],
  [N.AUTH_CANCELLED, AuthError],
  [N.AUTH_UNAVAILABLE, AuthError],
  [N.ACCESS_DENIED, AccessDeniedError],
  [N.OPERATION_DENIED, AccessDeniedError],
]);

/** The call that an error answers. */
export interface FailedCall {
  readonly procedure: string;
  readonly args: unknown;
  /** Has the stack of whoever opened a stream; the error's own would show only the socket's reader. */
  readonly site: { readonly stack?: string };
}

/** The error of a call. Throws `ProtocolError` when the payload is none. */
export function serverError(payload: Uint8Array, call: FailedCall): LibvirtError {
  const report = normalize(decodeBody(errorCodec, payload));
  const Class = CLASSES.get(report.code) ?? LibvirtError;
  const error = new Class(describe(report, call), report, call.procedure);
  const frames = call.site.stack?.split('\n').slice(1).join('\n');
  if (frames) error.stack = `${error.name}: ${error.message}\n${frames}`;
  // Again, because the first line was written before the subclass had given itself its name.
  else Error.captureStackTrace(error, serverError);
  return error;
}

/** As libvirt's own client does it: only the text tells that a server does not know a call. */
function normalize(report: ErrorReport): ErrorReport {
  const protocolLevel =
    report.code === N.RPC && (report.domain === ErrorDomain.RPC || report.domain === ErrorDomain.REMOTE);
  if (!protocolLevel || !/^(?:unknown procedure|Cannot find program)/.test(report.message ?? '')) return report;
  return { ...report, code: N.NO_SUPPORT };
}

function describe(report: ErrorReport, { procedure, args }: FailedCall): string {
  const target = targetOf(args);
  const about = target === undefined ? '' : ` of "${target}"`;
  return `${procedure}${about} failed: ${report.message ?? `error ${report.code} without a message`}`;
}

/** What a call is about: an object's handle, or what it is looked up by. Other arguments are not shown: they may be secrets. */
function targetOf(args: unknown): string | undefined {
  if (!isRecord(args)) return undefined;
  const { name, uuid, id } = args;
  if (typeof name === 'string') return name;
  if (uuid instanceof Uint8Array) return uuidText(uuid);
  if (typeof id === 'number') return String(id);
  for (const value of Object.values(args)) {
    if (isRecord(value) && typeof value['name'] === 'string') return value['name'];
  }
  return undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
