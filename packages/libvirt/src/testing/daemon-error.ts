import { ErrorDomain, ErrorLevel, ErrorNumber } from '../generated/enums.gen.ts';
import type { VirNetMessageError } from '../generated/types.gen.ts';

/** Thrown by an answer of a fake daemon: the client gets it as the `LibvirtError` of that code. */
export class DaemonError extends Error {
  override readonly name = 'DaemonError';
  readonly codeName: keyof typeof ErrorNumber;

  constructor(codeName: keyof typeof ErrorNumber, message: string) {
    super(message);
    this.codeName = codeName;
  }
}

/** What goes over the wire. Anything else that an answer throws is an `INTERNAL_ERROR` with its message. */
export function errorBody(error: unknown): VirNetMessageError {
  const message = error instanceof Error ? error.message : String(error);
  const codeName = error instanceof DaemonError ? error.codeName : 'INTERNAL_ERROR';
  const domain = codeName === 'RPC' ? ErrorDomain.RPC : ErrorDomain.TEST;
  const details = { str1: '%s', str2: message, int1: -1, int2: -1 };
  return { code: ErrorNumber[codeName], domain, message, level: ErrorLevel.ERROR, ...details };
}
