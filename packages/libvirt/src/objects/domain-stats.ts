import type { DomainStatsTypes, ConnectGetAllDomainStatsFlags } from '../generated/enums.gen.ts';
import type { Domain } from './domain.ts';
import type { FlagOptions, Flags } from './flags.ts';
import type { TypedParams } from './typed-params.ts';

/** What a domain does now, by libvirt's names: `cpu.time` in ns, `balloon.current` in KiB, `block.0.rd.bytes`, … */
export interface DomainStats {
  readonly domain: Domain;
  readonly params: TypedParams;
}

export interface DomainStatsOptions extends FlagOptions<typeof ConnectGetAllDomainStatsFlags> {
  /** Only these; default all, or those of every group of `flags`. */
  readonly domains?: readonly Domain[] | undefined;
  /** Which figures, `['STATE', 'BLOCK']`; default all that the driver has. */
  readonly groups?: Flags<typeof DomainStatsTypes> | undefined;
}
