import { DesignerError } from './errors.ts';
import type { GuestPolicy } from './guest-policy.ts';

/** The error of something that this version cannot design. `field` names the part of the request. */
export function notSupported(field: string, context: Readonly<Record<string, unknown>> = {}): DesignerError {
  return new DesignerError('NOT_SUPPORTED', `This version cannot design guests with ${field}.`, {
    context: { field, ...context },
    fix: 'Leave it out of the request.',
  });
}

/** Refuses requests that need what this version cannot design, before anything is decided. Throws `NOT_SUPPORTED`. */
export function refuseUnsupported(policy: GuestPolicy): void {
  const { request, flavor } = policy;
  if (flavor.extraSpecs['hw:pmem'])
    throw notSupported('persistent memory', { 'hw:pmem': flavor.extraSpecs['hw:pmem'] });
  const encrypted = [...request.diskMapping].find(([, info]) => info.encryption !== undefined);
  if (encrypted) throw notSupported('diskMapping encryption', { disk: encrypted[0] });
}
