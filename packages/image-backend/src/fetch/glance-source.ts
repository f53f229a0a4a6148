import { type Clock, Secret, systemClock } from '@spawnkit/effects';
import { checkChecksum } from '../checksum.ts';
import { ImageBackendError } from '../errors.ts';
import type { GlanceSource } from '../image-source.ts';
import type { Fetchable } from './fetchable.ts';
import { type GlanceImage, parseGlanceImage } from './glance-image.ts';
import { openBody } from './http-body.ts';
import { type Attempt, attemptError, request, showUrl, unreadable } from './http-request.ts';
import { type HttpOptions, requestHeaders } from './http-source.ts';
import { idleGuard } from './idle-guard.ts';

const MAX_ANSWER_BYTES = 1024 * 1024;
const IDLE_MS = 60_000;

/** An image of the image service. Throws `ImageBackendError` `INVALID_REQUEST`. */
export function glanceSource(source: GlanceSource, options: HttpOptions): Fetchable {
  const { address, given } = addressed(source);
  const name = showUrl(address);
  return {
    name,
    checksum: source.checksum && checkChecksum(source.checksum),
    contentId: async () => source.imageId,
    async open(signal) {
      const guard = idleGuard(options.clock, options.idleTimeoutMs);
      const attempt: Attempt = { name, guard, caller: signal, idleMs: options.idleTimeoutMs };
      try {
        const { checksum, diskFormat } = await describe(attempt, address, given);
        const file = new URL(`${address.href}/file`);
        const verified = checksum !== undefined || source.checksum !== undefined;
        const response = await request(attempt, file, given);
        const body = openBody(attempt, { address: file, given, verified, clock: options.clock }, response);
        return { ...body, checksum, declaredFormat: diskFormat };
      } catch (error) {
        guard[Symbol.dispose]();
        throw attemptError(attempt, error);
      }
    },
  };
}

/**
 * What the image service says of an image. Throws `ImageBackendError` `INVALID_REQUEST`, `SOURCE_UNREADABLE`, or the
 * signal's reason.
 */
export async function readGlanceImage(
  source: GlanceSource,
  { clock = systemClock, signal }: { readonly clock?: Clock; readonly signal?: AbortSignal | undefined } = {},
): Promise<GlanceImage> {
  const { address, given } = addressed(source);
  using guard = idleGuard(clock, IDLE_MS);
  const attempt: Attempt = { name: showUrl(address), guard, caller: signal, idleMs: IDLE_MS };
  try {
    return await describe(attempt, address, given);
  } catch (error) {
    throw attemptError(attempt, error);
  }
}

function addressed({ endpoint, imageId, token }: GlanceSource): { readonly address: URL; readonly given: Headers } {
  const base = URL.parse(endpoint);
  if ((base?.protocol !== 'http:' && base?.protocol !== 'https:') || base.username !== '' || base.password !== '') {
    const message =
      'The endpoint of the image service must begin with http:// or https:// and name no user; give a token instead';
    throw new ImageBackendError('INVALID_REQUEST', message, { protocol: base?.protocol ?? null });
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/.test(imageId)) {
    const message = `${JSON.stringify(imageId)} is not the id of an image: give letters, digits, dots, dashes and underscores`;
    throw new ImageBackendError('INVALID_REQUEST', message, { imageId });
  }
  const path = base.pathname.replace(/\/+$/, '').replace(/\/v2$/, '');
  const headers = token === undefined ? {} : { 'x-auth-token': token instanceof Secret ? token : new Secret(token) };
  return { address: new URL(`${path}/v2/images/${imageId}`, base.origin), given: requestHeaders(headers, undefined) };
}

async function describe(attempt: Attempt, address: URL, given: Headers): Promise<GlanceImage> {
  const response = await request(attempt, address, given);
  return parseGlanceImage(attempt, await shortText(attempt, response));
}

async function shortText(attempt: Attempt, { body }: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const reader = body?.getReader();
  for (;;) {
    const part = await attempt.guard.during(async () => reader?.read());
    if (!part?.value) return Buffer.concat(parts).toString('utf8');
    parts.push(part.value);
    bytes += part.value.length;
    if (bytes <= MAX_ANSWER_BYTES) continue;
    await reader?.cancel();
    throw unreadable(attempt, `the answer of the image service has more than ${MAX_ANSWER_BYTES} bytes`);
  }
}
