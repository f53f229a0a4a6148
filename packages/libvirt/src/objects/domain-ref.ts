import { uuidBytes, uuidText } from './uuid.ts';

/** Which domain it is about, as plain data. */
export interface DomainRef {
  readonly name: string;
  /** As text: `01234567-89ab-cdef-0123-456789abcdef`. */
  readonly uuid: string;
  /** The number of the running domain; undefined when it does not run. */
  readonly id: number | undefined;
}

/** A domain as it stands on the wire. The server finds it by uuid; name and id only decorate its messages. */
export interface DomainHandle {
  readonly name: string;
  readonly uuid: Uint8Array;
  readonly id: number;
}

const NOT_RUNNING = -1;

export function domainRef({ name, uuid, id }: DomainHandle): DomainRef {
  return { name, uuid: uuidText(uuid), id: id === NOT_RUNNING ? undefined : id };
}

export function domainHandle({ name, uuid, id }: DomainRef): DomainHandle {
  return { name, uuid: uuidBytes(uuid), id: id ?? NOT_RUNNING };
}
