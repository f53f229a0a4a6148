import { clientReport, LibvirtError, ProtocolError } from '../errors.ts';
import { ErrorNumber } from '../generated/enums.gen.ts';

/**
 * What stands under `return` in the answer of a QEMU monitor or guest agent. Throws `LibvirtError` `OPERATION_FAILED` for
 * an answer with an `error`, `ProtocolError` `MALFORMED` for text that is no answer.
 */
export function returned(procedure: string, text: string): unknown {
  const answer = parse(procedure, text);
  if (isRecord(answer)) {
    if ('return' in answer) return answer['return'];
    if (isRecord(answer['error'])) throw failed(procedure, answer['error']);
  }
  throw malformed(procedure, text);
}

function failed(procedure: string, { class: kind, desc }: Readonly<Record<string, unknown>>): LibvirtError {
  const message = `${procedure} failed: ${String(desc)} (${String(kind)})`;
  const report = { ...clientReport(ErrorNumber.OPERATION_FAILED, message), str1: String(kind), str2: String(desc) };
  return new LibvirtError(message, report, procedure);
}

function parse(procedure: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw malformed(procedure, text, { cause: error });
  }
}

function malformed(procedure: string, text: string, options: ErrorOptions = {}): ProtocolError {
  const beginning = text.slice(0, 200);
  const message = `The answer to ${procedure} has neither "return" nor "error": ${beginning}`;
  return new ProtocolError('MALFORMED', message, { procedure, beginning }, options);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
