import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerExternalEvents } from '@spawnkit/domain-runtime';
import { listJournals, type Secret } from '@spawnkit/effects';
import { SpawnerError } from '../errors.ts';
import type { Host } from '../host.ts';
import { sendInstanceEvent } from './instance-events.ts';

export interface ServeEventsOptions {
  /** Name or address of an interface, without brackets. */
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  /** What clients have to send as `X-Auth-Token`; must be there where others than this host can connect. */
  readonly token?: Secret | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Takes events until it is left. */
export interface EventServer extends AsyncDisposable {
  /** Where it listens. */
  readonly url: string;
}

/** Nova's `max_request_body_size`. */
const BODY_BYTES = 114_688;
const REQUEST_MS = 10_000;
const CONNECTIONS = 64;
const LOOPBACK: readonly string[] = ['127.0.0.1', '::1', 'localhost'];

/** With the version, and the project, that Nova's addresses may have. */
const PATH = /^(?:\/v2(?:\.\d+)?)?(?:\/[\w-]{1,64})?\/os-server-external-events\/?$/;

/**
 * Takes events over HTTP as Nova's `POST /os-server-external-events` does, for instances that this host has or is making.
 * Throws {@link SpawnerError} `USAGE` for an interface that others reach without a token, `HOST_NOT_READY` for one that
 * cannot be listened at.
 */
export async function serveEvents(host: Host, options: ServeEventsOptions): Promise<EventServer> {
  const { address, port, signal } = options;
  refuseOpenInterface(options);
  const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, (request, response) => {
    void respond(host, options, request, response);
  });
  server.maxConnections = CONNECTIONS;
  await listen(server, options);
  signal?.addEventListener('abort', () => server.closeAllConnections(), { once: true });
  const { port: bound } = server.address() as AddressInfo;
  const shown = address.includes(':') ? `[${address}]` : address;
  return {
    url: `http://${shown}:${bound || port}/os-server-external-events`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function refuseOpenInterface({ address, token }: ServeEventsOptions): void {
  if (token || LOOPBACK.includes(address)) return;
  throw new SpawnerError(
    'USAGE',
    `Other hosts could send events to "${address}", and nothing would tell them from Nova`,
    {
      fix: 'Give a --token-file, whose content clients send as X-Auth-Token; or listen at 127.0.0.1.',
      context: { address },
    },
  );
}

async function listen(server: Server, { address, port }: ServeEventsOptions): Promise<void> {
  try {
    server.listen(port, address);
    await once(server, 'listening');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SpawnerError('HOST_NOT_READY', `Cannot listen at ${address}, port ${port}: ${why}`, {
      cause,
      fix: 'Choose another one with --listen ADDRESS:PORT.',
      context: { address, port },
    });
  }
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function respond(
  host: Host,
  options: ServeEventsOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // Whoever hangs up needs no answer.
  response.on('error', () => {});
  const { status, body } = await answerRequest(host, options, request).catch((error: unknown): Answer => {
    host.log.error('an event could not be taken', { error: error instanceof Error ? error.message : String(error) });
    return refusal(500, 'computeFault', 'The event could not be taken; the log of this server says why.');
  });
  const text = JSON.stringify(body);
  // A body that was not read would be taken for the next request.
  if (!request.complete) response.setHeader('connection', 'close');
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

async function answerRequest(
  host: Host,
  { token, signal }: ServeEventsOptions,
  request: IncomingMessage,
): Promise<Answer> {
  const path = (request.url ?? '').split('?')[0] ?? '';
  if (!PATH.test(path)) return refusal(404, 'itemNotFound', 'The resource could not be found.');
  if (request.method !== 'POST') return refusal(405, 'badMethod', 'Only POST is taken here.');
  if (token && !isToken(request.headers['x-auth-token'], token))
    return refusal(401, 'unauthorized', 'X-Auth-Token is missing or wrong.');
  // What a page in a browser may send without asking first is of another type.
  if (!/^application\/json(?:;|$)/i.test(request.headers['content-type'] ?? ''))
    return refusal(415, 'badMediaType', 'The body must be application/json.');
  const text = await readBody(request);
  if (text === undefined) return refusal(413, 'overLimit', `The body has more than ${BODY_BYTES} bytes.`);
  const body = parseJson(text);
  if (body === undefined) return refusal(400, 'badRequest', 'Malformed request body');
  const known = new Set(await listJournals(host.paths.journal, { signal }));
  return answerExternalEvents(body, {
    isKnown: (uuid) => known.has(uuid),
    deliver: (event) => sendInstanceEvent(host, event, { signal }),
  });
}

/** Nova wraps what it refuses in the name of the fault. */
function refusal(status: number, fault: string, message: string): Answer {
  return { status, body: { [fault]: { code: status, message } } };
}

function isToken(given: string | readonly string[] | undefined, token: Secret): boolean {
  const wanted = Buffer.from(token.reveal());
  const actual = Buffer.from(typeof given === 'string' ? given : '');
  return wanted.length === actual.length && timingSafeEqual(wanted, actual);
}

/** Undefined when it is too large; then the rest stays unread, and the answer can still be sent. */
function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= BODY_BYTES) return chunks.push(chunk);
      request.pause();
      return resolve(undefined);
    });
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.on('error', reject);
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
