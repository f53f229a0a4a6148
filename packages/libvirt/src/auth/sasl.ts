import type { RpcClient } from '../client/rpc-client.ts';
import { AuthError, clientReport } from '../errors.ts';
import { ErrorNumber } from '../generated/enums.gen.ts';
import { authSaslInit, authSaslStart, authSaslStep } from '../generated/procedures.gen.ts';
import { plain } from './plain.ts';
import type { SaslContext, SaslExchange, SaslMechanism } from './sasl-mechanism.ts';
import { scram } from './scram.ts';

export interface SaslOptions extends SaslContext {
  /** The only mechanism to take (`auth=sasl.NAME`). */
  readonly wanted?: string | undefined;
  /** Preferred to those of this client. */
  readonly mechanisms?: readonly SaslMechanism[] | undefined;
  /** Whether the transport is one that nobody can read. */
  readonly secure: boolean;
  readonly signal?: AbortSignal | undefined;
}

const OWN: readonly SaslMechanism[] = [scram('SHA-512'), scram('SHA-256'), scram('SHA-1'), plain];
/** More messages than any mechanism has. */
const MAX_ROUNDS = 20;

/** Throws `AuthError`: what the server says, what a mechanism says about the server, or that both have none in common. */
export async function authenticateBySasl(client: RpcClient, options: SaslOptions): Promise<void> {
  const { secure, signal } = options;
  if (!secure) {
    throw unavailable(
      'The server demands authentication by SASL on a transport that others may read: there libvirt wants a mechanism with a ' +
        'security layer, which this client has not. Use tls, ssh or a unix socket',
    );
  }
  const { mechlist } = await client.call(authSaslInit, undefined, { signal });
  const mechanism = choose(mechlist, options);
  const exchange = await mechanism.start(options);
  const start = { mech: mechanism.name, ...message(exchange.initial) };
  let answer = await client.call(authSaslStart, start, { signal });
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if (answer.complete && isDone(exchange, answer)) return;
    const response = await exchange.respond(bytesOf(answer));
    // The server's word alone is not enough: whoever plays the server would just say so.
    if (answer.complete && !exchange.complete)
      throw failed(`${mechanism.name}: the server ended it before proving itself`);
    if (answer.complete) return;
    answer = await client.call(authSaslStep, message(response), { signal });
  }
  throw failed(`${mechanism.name}: no end after ${MAX_ROUNDS} messages`);
}

interface Message {
  /** Whether there is no data, which is not the same as empty data. */
  readonly nil: number;
  readonly data: Int8Array;
}

function choose(offered: string, { wanted, mechanisms = [] }: SaslOptions): SaslMechanism {
  const names = new Set(offered.toUpperCase().split(/[\s,]+/));
  const known = [...mechanisms, ...OWN].filter(({ name }) => !wanted || name === wanted.toUpperCase());
  const found = known.find(({ name }) => names.has(name));
  if (found) return found;
  const ours = known.map(({ name }) => name).join(', ') || `no ${wanted}`;
  throw unavailable(`The server offers the SASL mechanisms "${offered}", and this client has ${ours}`);
}

function isDone(exchange: SaslExchange, { nil }: Message): boolean {
  return exchange.complete && nil !== 0;
}

function message(bytes: Uint8Array | undefined): Message {
  return { nil: bytes ? 0 : 1, data: Int8Array.from(bytes ?? []) };
}

function bytesOf({ nil, data }: Message): Uint8Array | undefined {
  return nil ? undefined : Uint8Array.from(data);
}

function unavailable(text: string): AuthError {
  return new AuthError(text, clientReport(ErrorNumber.AUTH_UNAVAILABLE, text), authSaslInit.name);
}

function failed(why: string): AuthError {
  const text = `Authentication by ${why}`;
  return new AuthError(text, clientReport(ErrorNumber.AUTH_FAILED, text), authSaslStep.name);
}
