import { readImageProperties } from '@spawnkit/instance';
import {
  claimCells,
  DesignerError,
  fitInstanceToHost,
  type FitLimits,
  type HostCell,
  numaTopologyOf,
} from '../src/index.ts';
import type { Json } from './recorded-case.ts';

/** One recorded placement: what flavor and image say, the host's cells as they were, and what Nova answered. */
export interface FitCase {
  readonly id: string;
  readonly request: {
    readonly vcpus: number;
    readonly memoryMb: number;
    readonly extraSpecs: Readonly<Record<string, string>>;
    readonly properties: Readonly<Record<string, string>>;
  };
  readonly host: readonly HostCell[];
  readonly packing: boolean;
  readonly limits: FitLimits | null;
  readonly expect: Json;
}

/** Our answer in the form of the recording. */
export function fitOutcome({ request, host, packing, limits }: FitCase): Json {
  try {
    const { vcpus, memoryMb, extraSpecs, properties } = request;
    const flavor = { name: 'f', vcpus, memoryMb, rootGb: 0, ephemeralGb: 0, swap: 0, extraSpecs };
    const wish = numaTopologyOf(flavor, readImageProperties({ properties }));
    if (!wish) return { topology: null };
    const fit = fitInstanceToHost({ host, instance: wish, packing, limits: limits ?? undefined });
    return { wish, fit: fit ?? null, ...(fit && { after: claimCells(host, fit) }) };
  } catch (error) {
    if (error instanceof DesignerError) return { code: error.code };
    throw error;
  }
}
