import type { Clock } from '@spawnkit/effects';
import { ImageBackendError } from '../errors.ts';
import type { OpenSource } from './fetchable.ts';
import { type Attempt, attemptError, request, unreadable } from './http-request.ts';

/** How to ask for the rest of a body that breaks off. */
export interface BodyOrigin {
  readonly address: URL;
  readonly given: Headers;
  /** A checksum will tell whether parts belong together, where the server does not name versions. */
  readonly verified: boolean;
  readonly clock: Clock;
}

const MAX_BREAKS = 8;
const PAUSE_MS = 250;

/** The body of an answer as a source; one that breaks off is gone on with where it broke. */
export function openBody(attempt: Attempt, origin: BodyOrigin, response: Response): OpenSource {
  const body = new Body(attempt, origin, response);
  return {
    totalBytes: body.totalBytes,
    storedBytes: body.totalBytes,
    chunks: body.chunks(),
    async [Symbol.asyncDispose]() {
      attempt.guard[Symbol.dispose]();
      await body.cancel();
    },
  };
}

/** A body in transit. */
class Body {
  readonly totalBytes: bigint | undefined;
  readonly #attempt: Attempt;
  readonly #origin: BodyOrigin;
  readonly #validator: string | undefined;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #bytes = 0n;

  constructor(attempt: Attempt, origin: BodyOrigin, response: Response) {
    this.#attempt = attempt;
    this.#origin = origin;
    this.#validator = validatorOf(response);
    this.#reader = response.body?.getReader();
    const length = response.headers.get('content-length') ?? '';
    this.totalBytes = /^\d{1,18}$/.test(length) ? BigInt(length) : undefined;
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    for (let breaks = 0; ; ) {
      const part = await this.#read().catch((error: unknown) => ({ error }));
      if ('error' in part) {
        if (++breaks > MAX_BREAKS || !this.#canGoOn(part.error)) throw this.#failure(part.error);
        await this.#origin.clock.sleep(PAUSE_MS, { signal: this.#attempt.caller });
        await this.#goOn();
      } else if (part.value) {
        this.#bytes += BigInt(part.value.length);
        yield part.value;
      } else return;
    }
  }

  async cancel(): Promise<void> {
    await this.#reader?.cancel().catch(() => {});
  }

  /** Without value at the end, which comes where it is announced. */
  async #read(): Promise<{ readonly value?: Uint8Array | undefined }> {
    const part = await this.#attempt.guard.during(async () => this.#reader?.read());
    if (part?.value) return { value: part.value };
    if (this.totalBytes === undefined || this.#bytes === this.totalBytes) return {};
    throw new Error(`it ended after ${this.#bytes} of ${this.totalBytes} bytes`);
  }

  /** Neither after a stall, which has ended the attempt, nor when nobody could tell whether the parts are of one image. */
  #canGoOn(error: unknown): boolean {
    const { caller, guard } = this.#attempt;
    if (caller?.aborted || guard.signal.aborted || error instanceof ImageBackendError) return false;
    return this.totalBytes !== undefined && (this.#validator !== undefined || this.#origin.verified);
  }

  /** What the server refuses ends the download; a connection that fails again counts as another break. */
  async #goOn(): Promise<void> {
    const { address, given } = this.#origin;
    await this.cancel();
    const range = { firstByte: this.#bytes, validator: this.#validator };
    try {
      const response = await request(this.#attempt, address, given, range);
      this.#checkRange(response);
      this.#reader = response.body?.getReader();
    } catch (error) {
      if (error instanceof ImageBackendError) throw error;
      this.#reader = undefined;
    }
  }

  #checkRange(response: Response): void {
    const range = response.headers.get('content-range') ?? '';
    if (range.startsWith(`bytes ${this.#bytes}-`) && range.endsWith(`/${this.totalBytes}`)) return;
    throw unreadable(this.#attempt, `the server was asked for the rest and sends ${JSON.stringify(range)}`);
  }

  #failure(error: unknown): unknown {
    if (error instanceof Error && error.message.startsWith('it ended after')) {
      return unreadable(this.#attempt, error.message);
    }
    return attemptError(this.#attempt, error, this.#bytes, this.totalBytes);
  }
}

/** What names a version for sure: a strong ETag, else the time of the last change. */
function validatorOf({ headers }: Response): string | undefined {
  const tag = headers.get('etag');
  return tag?.startsWith('"') ? tag : (headers.get('last-modified') ?? undefined);
}
