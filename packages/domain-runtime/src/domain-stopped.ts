import { DomainRuntimeError } from './errors.ts';
import type { Observation } from './observe.ts';

interface Details {
  readonly cause?: unknown;
  /** The last ones of the guest's console, when they are known. */
  readonly consoleLines?: readonly string[];
}

/** `DOMAIN_STOPPED`, with libvirt's state and reason, and the end of the console log. */
export function domainStopped(
  uuid: string,
  wanted: string,
  seen: Observation,
  { cause, consoleLines = [] }: Details = {},
): DomainRuntimeError {
  const shown = consoleLines.length > 0 ? `; the end of its console:\n${indent(consoleLines)}` : '';
  return new DomainRuntimeError(
    'DOMAIN_STOPPED',
    `Domain ${uuid} is ${seen.state} (${seen.reason}) where ${wanted} was awaited${shown}`,
    {
      cause,
      fix: "The end of its console log and libvirt's log of the domain say why.",
      context: { uuid, wanted, ...seen, consoleLines },
    },
  );
}

function indent(lines: readonly string[]): string {
  return lines.map((line) => `  | ${line}`).join('\n');
}
