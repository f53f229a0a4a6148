import { IPAddrType } from '../generated/enums.gen.ts';
import { type NameOf, nameOf } from './names.ts';

/** An address of an interface. */
export interface IpAddress {
  readonly type: NameOf<typeof IPAddrType>;
  readonly address: string;
  readonly prefix: number;
}

/** One of a guest's interfaces: by its name on the host, or, from the guest agent, in the guest. */
export interface DomainInterface {
  readonly name: string;
  readonly mac: string | undefined;
  readonly addresses: readonly IpAddress[];
}

interface WireInterface {
  readonly name: string;
  readonly hwaddr?: string | undefined;
  readonly addrs: readonly { readonly type: number; readonly addr: string; readonly prefix: number }[];
}

export function domainInterfaces(interfaces: readonly WireInterface[]): DomainInterface[] {
  return interfaces.map(({ name, hwaddr, addrs }) => ({
    name,
    mac: hwaddr,
    addresses: addrs.map(({ type, addr, prefix }) => ({ type: nameOf(IPAddrType, type), address: addr, prefix })),
  }));
}
