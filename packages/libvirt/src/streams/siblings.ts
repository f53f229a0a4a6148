import type { CallOptions, RpcClient } from '../client/rpc-client.ts';
import type { Flow } from './flow.ts';

/** A connection beside another one, to the same driver, for one transfer. */
export interface Sibling {
  readonly client: RpcClient;
  readonly flow: Flow;
}

/** Opens siblings of one connection. They end with it at the latest. */
export type OpenSibling = (options: CallOptions) => Promise<Sibling>;

/** Siblings of `parent`, each ended by whoever opened it, or when `parent` is over. */
export function siblings(parent: Pick<RpcClient, 'closed'>, open: OpenSibling): OpenSibling {
  const opened = new Set<RpcClient>();
  // `closed` never rejects, and disposing of a client does not either.
  void parent.closed.then(() => Promise.all([...opened].map((client) => client[Symbol.asyncDispose]())));
  return async (options) => {
    const sibling = await open(options);
    opened.add(sibling.client);
    void sibling.client.closed.then(() => opened.delete(sibling.client));
    return sibling;
  };
}
