import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '../host.ts';
import { type KnownInstance, listInstances } from './inventory.ts';
import { lineDiff } from '../output/line-diff.ts';
import type { SpawnRequest } from '../request/request.ts';
import { type SpecDifference, specDifferences, specHash } from '../spec/canonical-spec.ts';
import { findStoredRequest } from '../request/stored-request.ts';

/** An instance that has the name of a request. */
export interface ExistingInstance {
  readonly instance: KnownInstance;
  /** Undefined for an instance of an older version. */
  readonly stored: SpawnRequest | undefined;
}

/** How a request differs from the instance of its name. */
export interface Changes {
  readonly uuid: string;
  /** Whether both were made from specifications that ask for the same. */
  readonly same: boolean;
  readonly spec: readonly SpecDifference[];
  /** What would turn the XML it was defined with into the one that the request would be. */
  readonly xml: readonly string[];
}

/** The instance of that name, if there is one. */
export async function findExisting(host: Pick<Host, 'paths'>, name: string): Promise<ExistingInstance | undefined> {
  const instance = (await listInstances(host)).find((one) => one.name === name);
  return instance && { instance, stored: await findStoredRequest(instance.instancePath) };
}

/** Whether an instance was made from a specification that asks for the same as the request's. */
export function asksForTheSame({ stored }: ExistingInstance, { spec }: SpawnRequest): boolean {
  return stored?.spec !== undefined && spec !== undefined && specHash(stored.spec) === specHash(spec);
}

/** Where the specifications differ; empty where one of them is not known. */
export function differencesTo({ stored }: ExistingInstance, { spec }: SpawnRequest): readonly SpecDifference[] {
  return stored?.spec && spec ? specDifferences(stored.spec, spec) : [];
}

/**
 * The request with the identity of an instance, as far as nothing else is asked for: UUID, ids, MAC addresses. Its
 * ports are left out, which the instance itself may hold.
 */
export function withIdentityOf({ instance: { uuid }, stored }: ExistingInstance, request: SpawnRequest): SpawnRequest {
  const wantedMacs = request.spec?.['networks'];
  const networkInfo = request.networkInfo.map((vif, index) => {
    const known = stored?.networkInfo[index];
    if (!known || known.type !== vif.type) return vif;
    const wanted = Array.isArray(wantedMacs) ? (wantedMacs[index] as { mac?: string } | undefined)?.mac : undefined;
    return { ...vif, id: known.id, address: wanted?.toLowerCase() ?? known.address };
  });
  const numaTopology = stored?.instance.numaTopology;
  const instance = { ...request.instance, uuid, ...(numaTopology ? { numaTopology } : {}) };
  return { ...request, instance, networkInfo, ports: [] };
}

/** How a planned request differs from the instance of its name. */
export async function changesTo(existing: ExistingInstance, request: SpawnRequest, xml: string): Promise<Changes> {
  const { uuid, instancePath } = existing.instance;
  const before = await readFile(join(instancePath, 'libvirt.xml'), 'utf8').catch(() => undefined);
  return {
    uuid,
    same: asksForTheSame(existing, request),
    spec: differencesTo(existing, request),
    xml: before === undefined ? [] : lineDiff(comparable(before), comparable(xml)),
  };
}

/** The moment of making says nothing about the guest. */
function comparable(xml: string): string {
  return xml.replace(/creationTime>[^<]*</, 'creationTime><').trim();
}
