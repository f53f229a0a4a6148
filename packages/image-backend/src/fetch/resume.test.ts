import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostExec } from '@spawnkit/effects';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { HttpSource } from '../image-source.ts';
import { openImageCache } from '../open-image-cache.ts';
import { diskBytes } from '../testing/images.ts';

let directory: string;
let server: Server | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'resume-'));
});
afterEach(async () => {
  await stop();
  await rm(directory, { recursive: true });
});

const bytes = diskBytes();
const checksum = { algorithm: 'sha256', hex: createHash('sha256').update(bytes).digest('hex') } as const;
const immediately = { now: () => 0, monotonicMs: () => performance.now(), sleep: async () => {} };

async function stop(): Promise<void> {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
}

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/image`;
}

function pull(source: Omit<HttpSource, 'type'>) {
  const cache = openImageCache({ instancesPath: directory, exec: hostExec(), clock: sleepless() });
  return cache.pull({ source: { type: 'http', ...source }, kind: 'disk' });
}

/** Pauses between attempts take no time; the watch for stalls never ends. */
function sleepless() {
  const sleep = (ms: number) => (ms > 10_000 ? new Promise<void>(() => {}) : Promise.resolve());
  return { ...immediately, sleep };
}

interface Asked {
  readonly range: string | undefined;
  readonly ifRange: string | string[] | undefined;
}

/** Serves ranges of the image, and breaks each answer off after so many bytes. */
function breaking(lengths: readonly number[], headers: Readonly<Record<string, string>>, seen: Asked[] = []) {
  let answers = 0;
  const listener: RequestListener = (request, response) => {
    seen.push({ range: request.headers.range, ifRange: request.headers['if-range'] });
    const first = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const range = { 'content-range': `bytes ${first}-${bytes.length - 1}/${bytes.length}` };
    response.writeHead(request.headers.range ? 206 : 200, {
      ...headers,
      ...(request.headers.range ? range : {}),
      'content-length': bytes.length - first,
    });
    const length = lengths[answers++];
    if (length === undefined) response.end(bytes.subarray(first));
    else response.write(bytes.subarray(first, first + length), () => setTimeout(() => response.destroy(), 5));
  };
  return listener;
}

test('a download that breaks off is gone on with where it broke, if the server still has the same', async () => {
  const seen: Asked[] = [];
  const url = await serve(breaking([1000, 70_000], { etag: '"one"' }, seen));
  const { path } = await pull({ url });
  expect(await readFile(path)).toEqual(bytes);
  // Of what was sent before a break, some may never arrive.
  const starts = seen.map(({ range = 'bytes=0-' }) => Number(/^bytes=(\d+)-$/.exec(range)?.[1]));
  expect(starts).toHaveLength(3);
  expect(starts[1]).toBeLessThanOrEqual(1000);
  expect(starts[2]).toBeLessThanOrEqual((starts[1] ?? 0) + 70_000);
  expect(seen.slice(1).map(({ ifRange }) => ifRange)).toEqual(['"one"', '"one"']);
});

test('without a name for the version a checksum must be there to tell', async () => {
  await expect(pull({ url: await serve(breaking([1000], {})) })).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
  await stop();
  await expect(pull({ url: await serve(breaking([1000], { etag: 'W/"weak"' })) })).rejects.toMatchObject({
    code: 'SOURCE_UNREADABLE',
  });
  await stop();
  const { path } = await pull({ url: await serve(breaking([1000], {})), checksum });
  expect(await readFile(path)).toEqual(bytes);
});

test('another version, other parts and endless breaks end a download, and leave nothing', async () => {
  let requests = 0;
  const changed: RequestListener = (request, response) => {
    if (requests++ > 0) response.writeHead(200, { etag: '"two"' }).end(bytes);
    else breaking([1000], { etag: '"one"' })(request, response);
  };
  await expect(pull({ url: await serve(changed) })).rejects.toThrow(/another version/);
  await stop();
  requests = 0;
  const wrong: RequestListener = (request, response) => {
    if (requests++ === 0) breaking([1000], { etag: '"one"' })(request, response);
    else response.writeHead(206, { 'content-range': `bytes 999-${bytes.length - 1}/${bytes.length}` }).end();
  };
  await expect(pull({ url: await serve(wrong) })).rejects.toThrow(/asked for the rest and sends/);
  await stop();
  const endless = Array.from({ length: 20 }, () => 100);
  await expect(pull({ url: await serve(breaking(endless, { etag: '"one"' })) })).rejects.toThrow(/failed after \d+ of/);
});

test('parts of different images are found out by the checksum', async () => {
  let requests = 0;
  const other = diskBytes('another');
  const mixing: RequestListener = (request, response) => {
    if (requests++ === 0) {
      breaking([600_000], { etag: '"one"' })(request, response);
      return;
    }
    const range = { 'content-range': `bytes 600000-${other.length - 1}/${other.length}` };
    response.writeHead(206, { ...range, 'content-length': other.length - 600_000 }).end(other.subarray(600_000));
  };
  await expect(pull({ url: await serve(mixing), checksum })).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
});

test('wherever a download breaks, what arrives is the image', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 200_000 }), { maxLength: 5 }), async (lengths) => {
      const url = await serve(breaking(lengths, { 'last-modified': 'Tue, 24 Nov 2026 22:00:00 GMT' }));
      try {
        expect((await readFile((await pull({ url })).path)).equals(bytes)).toBe(true);
      } finally {
        await stop();
        await rm(join(directory, '_base'), { recursive: true, force: true });
      }
    }),
    { numRuns: 10 },
  );
});
