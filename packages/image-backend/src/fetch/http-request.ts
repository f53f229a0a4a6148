import { ImageBackendError } from '../errors.ts';
import type { IdleGuard } from './idle-guard.ts';

const MAX_REDIRECTS = 10;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

/** One fetching of an image, from its first request to its last byte. */
export interface Attempt {
  /** The URL for people: without secrets. */
  readonly name: string;
  readonly guard: IdleGuard;
  readonly caller: AbortSignal | undefined;
  readonly idleMs: number;
}

/**
 * Follows redirects to an answer that has the image. What the caller gave as headers stays with the origin it was given
 * for. Throws `ImageBackendError` `SOURCE_UNREADABLE`, or what `fetch` throws.
 */
export async function request(attempt: Attempt, first: URL, given: Headers, range?: WantedRange): Promise<Response> {
  const signal = attempt.caller ? AbortSignal.any([attempt.caller, attempt.guard.signal]) : attempt.guard.signal;
  let address = first;
  let headers = given;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const sent = new Headers(headers);
    // Other encodings would be undone on the way, and lengths would not fit.
    sent.set('accept-encoding', 'identity');
    for (const [name, value] of rangeHeaders(range)) sent.set(name, value);
    const response = await attempt.guard.during(() => fetch(address, { headers: sent, redirect: 'manual', signal }));
    if (!REDIRECTS.includes(response.status)) return accepted(attempt, response, range ? 206 : 200);
    await response.body?.cancel();
    const next = redirectTarget(attempt, address, response);
    if (next.origin !== address.origin) headers = new Headers();
    address = next;
  }
  throw unreadable(attempt, `it redirects more than ${MAX_REDIRECTS} times`);
}

/** The rest of something whose beginning came already. */
export interface WantedRange {
  readonly firstByte: bigint;
  /** Names the version whose beginning came; missing where a checksum will tell. */
  readonly validator: string | undefined;
}

/** What to throw for an error of `fetch` or of a body: the caller's reason, or `SOURCE_UNREADABLE`. */
export function attemptError(attempt: Attempt, error: unknown, bytes?: bigint, totalBytes?: bigint): unknown {
  if (attempt.caller?.aborted) return attempt.caller.reason;
  if (error instanceof ImageBackendError) return error;
  const so = bytes === undefined ? '' : ` after ${bytes}${totalBytes === undefined ? '' : ` of ${totalBytes}`} bytes`;
  if (attempt.guard.signal.aborted) return unreadable(attempt, `nothing came for ${attempt.idleMs} ms${so}`);
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const reason =
    cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : String(cause);
  return unreadable(attempt, `the connection failed${so}: ${reason}`, {}, cause);
}

/** `SOURCE_UNREADABLE`. `reason` completes the sentence that says so. */
export function unreadable(
  { name }: Attempt,
  reason: string,
  context: Readonly<Record<string, unknown>> = {},
  cause?: unknown,
): ImageBackendError {
  return new ImageBackendError(
    'SOURCE_UNREADABLE',
    `Cannot fetch the image "${name}": ${reason}. Check the address, the credentials and the server, and try again.`,
    { url: name, ...context },
    { cause },
  );
}

/** A URL without what may be secret in it. */
export function showUrl({ origin, pathname, search }: URL): string {
  return `${origin}${pathname}${search && '?…'}`;
}

function redirectTarget(attempt: Attempt, from: URL, response: Response): URL {
  const location = response.headers.get('location');
  const next = location === null ? null : URL.parse(location, from.href);
  if (next?.protocol !== 'http:' && next?.protocol !== 'https:') {
    throw unreadable(attempt, `it redirects (status ${response.status}) to nowhere that http or https reaches`);
  }
  if (from.protocol === 'https:' && next.protocol === 'http:') {
    throw unreadable(attempt, `it redirects from https to "${showUrl(next)}", which is not protected`);
  }
  return Object.assign(next, { username: '', password: '' });
}

function rangeHeaders(range: WantedRange | undefined): readonly (readonly [string, string])[] {
  if (!range) return [];
  const { firstByte, validator } = range;
  return [['range', `bytes=${firstByte}-`], ...(validator === undefined ? [] : [['if-range', validator] as const])];
}

async function accepted(attempt: Attempt, response: Response, wanted: 200 | 206): Promise<Response> {
  const encoding = response.headers.get('content-encoding') ?? 'identity';
  if (response.status === wanted && encoding === 'identity') return response;
  await response.body?.cancel();
  const { status, statusText } = response;
  if (status === 200 && wanted === 206) {
    throw unreadable(attempt, 'it broke off, and the server has another version now, or sends no parts');
  }
  if (status !== wanted) throw unreadable(attempt, `the server answers ${status} ${statusText}`.trimEnd(), { status });
  throw unreadable(attempt, `the server sends it encoded as ${JSON.stringify(encoding)}, which was not asked for`);
}
