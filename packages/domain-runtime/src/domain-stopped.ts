import { DomainRuntimeError } from './errors.ts';
import type { Observation } from './observe.ts';

/** `DOMAIN_STOPPED`, with libvirt's state and reason. */
export function domainStopped(uuid: string, wanted: string, seen: Observation, cause?: unknown): DomainRuntimeError {
  return new DomainRuntimeError(
    'DOMAIN_STOPPED',
    `Domain ${uuid} is ${seen.state} (${seen.reason}) where ${wanted} was awaited`,
    {
      cause,
      fix: "The end of its console log and libvirt's log of the domain say why.",
      context: { uuid, wanted, ...seen },
    },
  );
}
