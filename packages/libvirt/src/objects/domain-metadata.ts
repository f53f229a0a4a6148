import type { RpcClient } from '../client/rpc-client.ts';
import { DomainMetadataType, DomainModificationImpact } from '../generated/enums.gen.ts';
import { domainGetMetadata, domainSetMetadata } from '../generated/procedures.gen.ts';
import type { DomainHandle } from './domain-ref.ts';
import { type FlagOptions, flagBits } from './flags.ts';

export interface MetadataOptions extends FlagOptions<typeof DomainModificationImpact> {
  /** The XML name space; required for `ELEMENT`. */
  readonly uri?: string | undefined;
}

export interface SetMetadataOptions extends MetadataOptions {
  /** The prefix of the name space; required to set an `ELEMENT`. */
  readonly key?: string | undefined;
}

type Type = keyof typeof DomainMetadataType;

export async function getMetadata(
  client: RpcClient,
  dom: DomainHandle,
  type: Type,
  { uri, flags, signal }: MetadataOptions,
): Promise<string> {
  const bits = flagBits(DomainModificationImpact, flags);
  const args = { dom, type: DomainMetadataType[type], uri, flags: bits };
  return (await client.call(domainGetMetadata, args, { signal })).metadata;
}

export async function setMetadata(
  client: RpcClient,
  dom: DomainHandle,
  type: Type,
  { metadata, key, uri, flags, signal }: SetMetadataOptions & { readonly metadata: string | undefined },
): Promise<void> {
  const bits = flagBits(DomainModificationImpact, flags);
  const args = { dom, type: DomainMetadataType[type], metadata, key, uri, flags: bits };
  await client.call(domainSetMetadata, args, { signal });
}
