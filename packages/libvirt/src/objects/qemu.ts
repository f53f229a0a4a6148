import type { CallOptions, RpcClient } from '../client/rpc-client.ts';
import { DomainQemuMonitorCommandFlags } from '../generated/enums.gen.ts';
import { domainMonitorCommand } from '../generated/procedures.gen.ts';
import { type DomainRef, domainHandle } from './domain-ref.ts';
import { returned } from './monitor-json.ts';

/** What only QEMU's driver has. For diagnosis: libvirt marks a domain that was talked to behind its back as tainted. */
export class Qemu {
  readonly #client: RpcClient;

  /** It is `conn.qemu`. */
  constructor(client: RpcClient) {
    this.#client = client;
  }

  /**
   * Sends the monitor a command, `{ execute: 'query-status' }`, and answers what it returns. Throws `OPERATION_FAILED` with what
   * QEMU says against it.
   */
  async monitor(domain: DomainRef, command: object, { signal }: CallOptions = {}): Promise<unknown> {
    const cmd = JSON.stringify(command);
    const args = { dom: domainHandle(domain), cmd, flags: DomainQemuMonitorCommandFlags.DEFAULT };
    const { result } = await this.#client.call(domainMonitorCommand, args, { signal });
    return returned(domainMonitorCommand.name, result);
  }

  /** Sends the monitor a command for people, `info status`, and answers its text. */
  async humanMonitor(domain: DomainRef, command: string, { signal }: CallOptions = {}): Promise<string> {
    const args = { dom: domainHandle(domain), cmd: command, flags: DomainQemuMonitorCommandFlags.HMP };
    return (await this.#client.call(domainMonitorCommand, args, { signal })).result;
  }
}
