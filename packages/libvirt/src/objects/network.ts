import type { CallOptions, RpcClient } from '../client/rpc-client.ts';
import {
  IPAddrType,
  NetworkMetadataType,
  NetworkUpdateCommand,
  NetworkUpdateFlags,
  NetworkUpdateSection,
  NetworkXMLFlags,
} from '../generated/enums.gen.ts';
import {
  networkCreate,
  networkDestroy,
  networkGetAutostart,
  networkGetBridgeName,
  networkGetDhcpLeases,
  networkGetMetadata,
  networkGetXmlDesc,
  networkIsActive,
  networkIsPersistent,
  networkSetAutostart,
  networkSetMetadata,
  networkUndefine,
  networkUpdate,
} from '../generated/procedures.gen.ts';
import type { RemoteNetworkDhcpLease } from '../generated/types.gen.ts';
import { type FlagOptions, flagBits } from './flags.ts';
import { type NameOf, nameOf } from './names.ts';
import type { NamedHandle, NamedRef } from './refs.ts';
import { uuidText } from './uuid.ts';

/** An address that a network's DHCP server has lent. */
export interface DhcpLease {
  /** The bridge. */
  readonly interface: string;
  /** Undefined: never. */
  readonly expires: Date | undefined;
  readonly type: NameOf<typeof IPAddrType>;
  readonly mac: string | undefined;
  readonly iaid: string | undefined;
  readonly address: string;
  readonly prefix: number;
  readonly hostname: string | undefined;
  readonly clientId: string | undefined;
}

export interface DhcpLeasesOptions extends CallOptions {
  /** Only leases of this MAC address. */
  readonly mac?: string | undefined;
}

export interface SetNetworkMetadataOptions extends FlagOptions<typeof NetworkUpdateFlags> {
  /** The prefix of the name space; required to set an `ELEMENT`. */
  readonly key?: string | undefined;
  /** The XML name space; required for `ELEMENT`. */
  readonly uri?: string | undefined;
}

export interface NetworkUpdate extends FlagOptions<typeof NetworkUpdateFlags> {
  /** Default `ADD_LAST`. */
  readonly command?: keyof typeof NetworkUpdateCommand | undefined;
  readonly section: keyof typeof NetworkUpdateSection;
  /** Which of several parents of the section, from 0; default libvirt's own choice. */
  readonly parentIndex?: number | undefined;
  readonly xml: string;
}

/** A network of a connection; only a name for it, as a `Domain` is. */
export class Network implements NamedRef {
  readonly name: string;
  readonly uuid: string;
  /** The network as an argument of the calls of `@spawnkit/libvirt/rpc`. */
  readonly ref: NamedHandle;
  readonly #client: RpcClient;

  /** Networks come from `conn.networks`. */
  constructor(client: RpcClient, ref: NamedHandle) {
    this.#client = client;
    this.ref = ref;
    this.name = ref.name;
    this.uuid = uuidText(ref.uuid);
  }

  async isActive({ signal }: CallOptions = {}): Promise<boolean> {
    return (await this.#client.call(networkIsActive, { net: this.ref }, { signal })).active !== 0;
  }

  async isPersistent({ signal }: CallOptions = {}): Promise<boolean> {
    return (await this.#client.call(networkIsPersistent, { net: this.ref }, { signal })).persistent !== 0;
  }

  async xml({ flags, signal }: FlagOptions<typeof NetworkXMLFlags> = {}): Promise<string> {
    const args = { net: this.ref, flags: flagBits(NetworkXMLFlags, flags) };
    return (await this.#client.call(networkGetXmlDesc, args, { signal })).xml;
  }

  /** Name of its bridge on the host. Throws `INTERNAL_ERROR` when it has none. */
  async bridgeName({ signal }: CallOptions = {}): Promise<string> {
    return (await this.#client.call(networkGetBridgeName, { net: this.ref }, { signal })).name;
  }

  async dhcpLeases({ mac, signal }: DhcpLeasesOptions = {}): Promise<DhcpLease[]> {
    const args = { net: this.ref, mac, needResults: 1, flags: 0 };
    return (await this.#client.call(networkGetDhcpLeases, args, { signal })).leases.map(dhcpLease);
  }

  /** Starts a defined network. Throws `OPERATION_INVALID` when it runs already. */
  async start({ signal }: CallOptions = {}): Promise<void> {
    await this.#client.call(networkCreate, { net: this.ref }, { signal });
  }

  /** Stops it. Throws `OPERATION_INVALID` when it does not run. */
  async destroy({ signal }: CallOptions = {}): Promise<void> {
    await this.#client.call(networkDestroy, { net: this.ref }, { signal });
  }

  async undefine({ signal }: CallOptions = {}): Promise<void> {
    await this.#client.call(networkUndefine, { net: this.ref }, { signal });
  }

  /**
   * Changes a part of it: `{ section: 'IP_DHCP_HOST', xml: "<host mac='…' ip='…'/>" }`. For the running network (`LIVE`), its
   * definition (`CONFIG`), or whichever applies.
   */
  async update({ command = 'ADD_LAST', section, parentIndex = -1, xml, flags, signal }: NetworkUpdate): Promise<void> {
    const numbers = { command: NetworkUpdateCommand[command], section: NetworkUpdateSection[section] };
    const args = { net: this.ref, ...numbers, parentIndex, xml, flags: flagBits(NetworkUpdateFlags, flags) };
    await this.#client.call(networkUpdate, args, { signal });
  }

  /** Title, description or an application's element. Throws `NotFoundError` `NO_NETWORK_METADATA`. */
  async metadata(
    type: keyof typeof NetworkMetadataType,
    { uri, flags, signal }: FlagOptions<typeof NetworkUpdateFlags> & { readonly uri?: string } = {},
  ): Promise<string> {
    const args = {
      network: this.ref,
      type: NetworkMetadataType[type],
      uri,
      flags: flagBits(NetworkUpdateFlags, flags),
    };
    return (await this.#client.call(networkGetMetadata, args, { signal })).metadata;
  }

  /** Sets what `metadata` reads; undefined removes it. */
  async setMetadata(
    type: keyof typeof NetworkMetadataType,
    metadata: string | undefined,
    { key, uri, flags, signal }: SetNetworkMetadataOptions = {},
  ): Promise<void> {
    const bits = flagBits(NetworkUpdateFlags, flags);
    const args = { network: this.ref, type: NetworkMetadataType[type], metadata, key, uri, flags: bits };
    await this.#client.call(networkSetMetadata, args, { signal });
  }

  /** Whether it starts with the daemon. */
  async autostart({ signal }: CallOptions = {}): Promise<boolean> {
    return (await this.#client.call(networkGetAutostart, { net: this.ref }, { signal })).autostart !== 0;
  }

  async setAutostart(autostart: boolean, { signal }: CallOptions = {}): Promise<void> {
    await this.#client.call(networkSetAutostart, { net: this.ref, autostart: autostart ? 1 : 0 }, { signal });
  }
}

function dhcpLease(lease: RemoteNetworkDhcpLease): DhcpLease {
  return {
    interface: lease.iface,
    expires: lease.expirytime > 0n ? new Date(Number(lease.expirytime) * 1000) : undefined,
    type: nameOf(IPAddrType, lease.type),
    mac: lease.mac,
    iaid: lease.iaid,
    address: lease.ipaddr,
    prefix: lease.prefix,
    hostname: lease.hostname,
    clientId: lease.clientid,
  };
}
