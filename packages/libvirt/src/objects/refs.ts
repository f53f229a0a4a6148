import { SecretUsageType } from '../generated/enums.gen.ts';
import { type NameOf, nameOf } from './names.ts';
import { uuidBytes, uuidText } from './uuid.ts';

/** Which network, storage pool or network filter it is about, as plain data. */
export interface NamedRef {
  readonly name: string;
  readonly uuid: string;
}

/** A network, storage pool or network filter as it stands on the wire. */
export interface NamedHandle {
  readonly name: string;
  readonly uuid: Uint8Array;
}

/** Which secret it is about, as plain data. */
export interface SecretRef {
  readonly uuid: string;
  readonly usageType: NameOf<typeof SecretUsageType>;
  readonly usageId: string;
}

/** A secret as it stands on the wire. */
export interface SecretHandle {
  readonly uuid: Uint8Array;
  readonly usageType: number;
  readonly usageID: string;
}

export function namedRef({ name, uuid }: NamedHandle): NamedRef {
  return { name, uuid: uuidText(uuid) };
}

export function namedHandle({ name, uuid }: NamedRef): NamedHandle {
  return { name, uuid: uuidBytes(uuid) };
}

export function secretRef({ uuid, usageType, usageID }: SecretHandle): SecretRef {
  return { uuid: uuidText(uuid), usageType: nameOf(SecretUsageType, usageType), usageId: usageID };
}

export function secretHandle({ uuid, usageType, usageId }: SecretRef): SecretHandle {
  const type = usageType in SecretUsageType ? SecretUsageType[usageType as keyof typeof SecretUsageType] : 0;
  return { uuid: uuidBytes(uuid), usageType: type, usageID: usageId };
}
