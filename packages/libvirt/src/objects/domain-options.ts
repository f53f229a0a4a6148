import type { DomainCreateFlags, DomainDeviceModifyFlags } from '../generated/enums.gen.ts';
import type { FlagOptions } from './flags.ts';

export interface StartOptions extends FlagOptions<typeof DomainCreateFlags> {
  /** The guest does not run yet: `resume` lets it. */
  readonly paused?: boolean | undefined;
}

export type DeviceOptions = FlagOptions<typeof DomainDeviceModifyFlags>;
