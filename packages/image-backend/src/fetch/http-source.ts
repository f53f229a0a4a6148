import { createHash } from 'node:crypto';
import { type Clock, Secret } from '@spawnkit/effects';
import { checkChecksum } from '../checksum.ts';
import { ImageBackendError } from '../errors.ts';
import type { HttpSource } from '../image-source.ts';
import type { Fetchable } from './fetchable.ts';
import { openBody } from './http-body.ts';
import { type Attempt, attemptError, request, showUrl } from './http-request.ts';
import { idleGuard } from './idle-guard.ts';

export interface HttpOptions {
  readonly clock: Clock;
  /** Ends a request when nothing came for so long. */
  readonly idleTimeoutMs: number;
}

/** A file of a web server. Throws `ImageBackendError` `INVALID_REQUEST`. */
export function httpSource({ url, checksum, headers = {} }: HttpSource, options: HttpOptions): Fetchable {
  const { address, authorization } = splitUserinfo(url);
  const given = requestHeaders(headers, authorization);
  const name = showUrl(address);
  return {
    name,
    checksum: checksum && checkChecksum(checksum),
    contentId: async () => `url:${name}${address.search && `#${sha256(address.search)}`}`,
    async open(signal) {
      const guard = idleGuard(options.clock, options.idleTimeoutMs);
      const attempt: Attempt = { name, guard, caller: signal, idleMs: options.idleTimeoutMs };
      try {
        const response = await request(attempt, address, given);
        return openBody(attempt, { address, given, verified: checksum !== undefined, clock: options.clock }, response);
      } catch (error) {
        guard[Symbol.dispose]();
        throw attemptError(attempt, error);
      }
    },
  };
}

function splitUserinfo(text: string): { readonly address: URL; readonly authorization?: Secret } {
  const address = URL.parse(text);
  if (address?.protocol !== 'http:' && address?.protocol !== 'https:') {
    throw new ImageBackendError('INVALID_REQUEST', 'The URL of an image must begin with http:// or https://', {
      protocol: address?.protocol ?? null,
    });
  }
  const { username, password } = address;
  Object.assign(address, { username: '', password: '', hash: '' });
  if (username === '' && password === '') return { address };
  try {
    const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return { address, authorization: new Secret(`Basic ${Buffer.from(pair).toString('base64')}`) };
  } catch {
    const message = `The user name or password in the URL of "${showUrl(address)}" is not percent-encoded UTF-8`;
    throw new ImageBackendError('INVALID_REQUEST', message, { url: showUrl(address) });
  }
}

/** Checked once, here: what `Headers` itself says about a bad value contains it. */
export function requestHeaders(
  headers: Readonly<Record<string, string | Secret>>,
  authorization: Secret | undefined,
): Headers {
  const result = new Headers();
  for (const [name, value] of [
    ...(authorization ? [['authorization', authorization] as const] : []),
    ...Object.entries(headers),
  ]) {
    try {
      result.set(name, value instanceof Secret ? value.reveal() : value);
    } catch {
      const message = `The header ${JSON.stringify(name)} cannot be sent: its name or value has characters that HTTP does not allow`;
      throw new ImageBackendError('INVALID_REQUEST', message, { header: name });
    }
  }
  return result;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
