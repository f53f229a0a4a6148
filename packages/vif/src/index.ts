/**
 * The host's side of a virtual interface: plug before the guest starts, unplug when it is gone.
 *
 * @packageDocumentation
 */
export { VifError, type VifErrorCode } from './errors.ts';
export { checkVif, planPlug, plug, unplug } from './plug.ts';
export type { VifContext } from './vif-type.ts';
