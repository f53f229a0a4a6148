import { setTimeout as delay } from 'node:timers/promises';
import { AuthError, ConnectionLostError, ProtocolError, UnsupportedError } from '../errors.ts';
import type { Log } from '../log.ts';
import { shownUri } from '../uri/parse-uri.ts';
import { type Backoff, backoffMs } from './backoff.ts';
import type { OpenedClient } from './open-client.ts';
import type { Procedure } from './procedure.ts';
import type { CallOptions, ReceivedMessage, Renewal, RpcClient } from './rpc-client.ts';

/** What happens when a connection is lost. */
export interface ReconnectOptions extends Backoff {
  /** Calls made while there is no connection: `wait` (default) until there is one, or `fail` at once. None was sent then. */
  readonly calls?: 'wait' | 'fail' | undefined;
}

/** Opens the connection anew, as the first one was opened. */
export type Open = (options: { readonly signal: AbortSignal }) => Promise<OpenedClient>;

/** An attempt that takes longer is given up for the next one: a host that is down may just be silent. */
const ATTEMPT_TIMEOUT_MS = 30_000;

/**
 * A client that outlives its sockets. Calls and streams that are under way when one is lost fail with
 * `ConnectionLostError`, whose `maybeExecuted` is true, and are never repeated. It ends when it is disposed of, or when the
 * server refuses it for good: `closed` has the reason.
 */
export class ReconnectingClient implements RpcClient {
  readonly closed: Promise<Error | undefined>;
  readonly #open: Open;
  readonly #options: ReconnectOptions;
  readonly #log: Log;
  readonly #uri: string;
  readonly #stop = new AbortController();
  #opened: OpenedClient;
  /** There while there is no connection: who waits for the next one. */
  #away: PromiseWithResolvers<RpcClient> | undefined;
  #listener: ((message: ReceivedMessage) => void) | undefined;
  #renewal: Renewal | undefined;
  #end: { readonly reason: Error | undefined } | undefined;

  constructor(first: OpenedClient, open: Open, options: ReconnectOptions, log: Log) {
    this.#opened = first;
    this.#uri = shownUri(first.uri);
    this.#open = open;
    this.#options = options;
    this.#log = log;
    this.#listen(first.client);
    this.closed = this.#live();
  }

  /** Of the daemon of the present or last connection. */
  get libVersion(): number {
    return this.#opened.libVersion;
  }

  call<Args, Ret>(procedure: Procedure<Args, Ret>, args: Args, options: CallOptions = {}): Promise<Ret> {
    return this.#use(procedure.name, options, (client) => client.call(procedure, args, options));
  }

  openStream<Args, Ret>(procedure: Procedure<Args, Ret>, args: Args, options: CallOptions = {}) {
    return this.#use(procedure.name, options, (client) => client.openStream(procedure, args, options));
  }

  onEvent(listener: (message: ReceivedMessage) => void): void {
    this.#listener = listener;
  }

  onRenewal(renewal: Renewal): void {
    this.#renewal = renewal;
  }

  async session(): Promise<RpcClient> {
    return this.#present('a subscription', {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#opened.client[Symbol.asyncDispose]();
    await this.closed;
  }

  async #use<T>(name: string, options: CallOptions, act: (client: RpcClient) => Promise<T>): Promise<T> {
    for (;;) {
      const client = this.#away || this.#end ? await this.#present(name, options) : this.#opened.client;
      try {
        return await act(client);
      } catch (error) {
        if (!wasNotSent(error) || this.#stop.signal.aborted) throw error;
        // The socket ended a moment before this client got to know.
        await client.closed;
      }
    }
  }

  async #present(name: string, { signal }: CallOptions): Promise<RpcClient> {
    signal?.throwIfAborted();
    if (this.#end) throw this.#over(name, this.#end.reason);
    if (!this.#away) return this.#opened.client;
    if (this.#options.calls === 'fail')
      throw lost(`The connection was lost and is not renewed yet; ${name} was not sent`);
    const { promise, reject } = Promise.withResolvers<never>();
    const abort = () => reject(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await Promise.race([this.#away.promise, promise]);
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  #over(name: string, reason: Error | undefined): ConnectionLostError {
    const message = `The connection to ${this.#uri} is closed; ${name} was not sent`;
    return new ConnectionLostError(reason ? 'LOST' : 'CLOSED', message, { cause: reason });
  }

  #listen(client: RpcClient): void {
    client.onEvent((message) => this.#listener?.(message));
  }

  /** Resolves with the reason when there will be no further connection. */
  async #live(): Promise<Error | undefined> {
    for (;;) {
      const reason = await this.#opened.client.closed;
      this.#away = Promise.withResolvers<RpcClient>();
      // Perhaps nobody waits.
      this.#away.promise.catch(() => {});
      try {
        if (!this.#stop.signal.aborted) await this.#renew(reason);
        this.#stop.signal.throwIfAborted();
        this.#away.resolve(this.#opened.client);
        this.#away = undefined;
      } catch (error) {
        await this.#opened.client[Symbol.asyncDispose]();
        return this.#finish(this.#stop.signal.aborted ? undefined : (error as Error));
      }
    }
  }

  #finish(reason: Error | undefined): Error | undefined {
    this.#end = { reason };
    this.#away?.reject(this.#over('what waited for it', reason));
    this.#away = undefined;
    return reason;
  }

  async #renew(reason: Error | undefined): Promise<void> {
    this.#log.warn('The connection to libvirt was lost', { uri: this.#uri, error: reason });
    this.#renewal?.lost();
    this.#opened = await this.#reopen();
    this.#listen(this.#opened.client);
    // Before anybody's calls: what they cause is to be seen.
    await this.#renewal?.renewed(this.#opened.client);
    this.#log.info('The connection to libvirt was renewed', { uri: this.#uri });
  }

  async #reopen(): Promise<OpenedClient> {
    const { signal } = this.#stop;
    for (let attempt = 0; ; attempt++) {
      await delay(backoffMs(attempt, this.#options, Math.random()), undefined, { signal });
      try {
        return await this.#open({ signal: AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_TIMEOUT_MS)]) });
      } catch (error) {
        signal.throwIfAborted();
        if (isFinal(error)) throw error;
        this.#log.debug('libvirt cannot be reached yet', { uri: this.#uri, attempt, error });
      }
    }
  }
}

function wasNotSent(error: unknown): boolean {
  return error instanceof ConnectionLostError && error.code === 'LOST' && !error.maybeExecuted;
}

/** Another attempt would end in the same way. */
function isFinal(error: unknown): boolean {
  if (error instanceof ProtocolError) return error.code === 'INVALID_URI';
  return error instanceof AuthError || error instanceof UnsupportedError;
}

function lost(message: string): ConnectionLostError {
  return new ConnectionLostError('LOST', message);
}
