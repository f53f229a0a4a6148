import { ErrorDomain, ErrorLevel, ErrorNumber } from '../generated/enums.gen.ts';
import type { VirNetMessageError } from '../generated/types.gen.ts';

/** Thrown by an answer of a fake daemon: the client gets it as the `LibvirtError` of that code. */
export class DaemonError extends Error {
  override readonly name = 'DaemonError';
  readonly codeName: keyof typeof ErrorNumber;
  /** What depends on the code: the errno of a `SYSTEM_ERROR`. */
  readonly int1: number;

  constructor(codeName: keyof typeof ErrorNumber, message: string, { int1 = -1 }: { readonly int1?: number } = {}) {
    super(message);
    this.codeName = codeName;
    this.int1 = int1;
  }
}

/** What goes over the wire. Anything else that an answer throws is an `INTERNAL_ERROR` with its message. */
export function errorBody(error: unknown): VirNetMessageError {
  const message = error instanceof Error ? error.message : String(error);
  const codeName = error instanceof DaemonError ? error.codeName : 'INTERNAL_ERROR';
  const domain = codeName === 'RPC' ? ErrorDomain.RPC : ErrorDomain.TEST;
  const int1 = error instanceof DaemonError ? error.int1 : -1;
  const details = { str1: '%s', str2: message, int1, int2: -1 };
  return { code: ErrorNumber[codeName], domain, message, level: ErrorLevel.ERROR, ...details };
}
