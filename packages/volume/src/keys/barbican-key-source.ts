import { Secret } from '@spawnkit/effects';
import { VolumeError } from '../errors.ts';
import type { KeySource } from './key-source.ts';

export interface BarbicanOptions {
  /** Such as `http://keys.example.com:9311`; secrets lie below `/v1/secrets`. */
  readonly endpoint: string;
  /** For `X-Auth-Token`. */
  readonly token?: Secret | undefined;
  /** Of one request. Default: 30 seconds. */
  readonly timeoutMs?: number;
  /** Default: Node's. */
  readonly fetch?: typeof fetch;
}

const MOST_BYTES = 8192;

/** Keys of a service with Barbican's API. The passphrase is the key's bytes in hexadecimal, as Nova and os-brick have it. */
export function barbicanKeySource(options: BarbicanOptions): KeySource {
  const { endpoint, token, timeoutMs = 30_000, fetch: get = fetch } = options;
  return {
    async passphrase(keyId, { signal } = {}) {
      const url = `${endpoint.replace(/\/+$/, '')}/v1/secrets/${encodeURIComponent(keyId)}/payload`;
      const deadline = AbortSignal.timeout(timeoutMs);
      try {
        const response = await get(url, {
          headers: { accept: 'application/octet-stream', ...(token && { 'x-auth-token': token.reveal() }) },
          redirect: 'error',
          signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
        });
        if (!response.ok) throw new Error(`it answered ${response.status}`);
        return new Secret((await limitedBytes(response)).toString('hex'));
      } catch (cause) {
        signal?.throwIfAborted();
        throw unavailable(endpoint, keyId, cause);
      }
    },
  };
}

async function limitedBytes(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MOST_BYTES) throw new Error(`its answer has more than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  if (bytes === 0) throw new Error('its answer is empty');
  return Buffer.concat(chunks);
}

function unavailable(endpoint: string, keyId: string, cause: unknown): VolumeError {
  const why = withoutUser(cause instanceof Error ? cause.message : String(cause));
  return new VolumeError(
    'KEY_UNAVAILABLE',
    `The key ${keyId} cannot be fetched from ${withoutUser(endpoint)}: ${why}`,
    {
      // Its message may repeat the whole URL.
      ...(why === String(cause instanceof Error ? cause.message : cause) && { cause }),
      context: { keyId },
      fix: 'See that the key manager runs, that the token is good, and that it may read this key.',
    },
  );
}

function withoutUser(text: string): string {
  return text.replace(/\/\/[^/@\s]*@/g, '//***@');
}
