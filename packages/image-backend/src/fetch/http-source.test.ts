import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { hostExec, type LogFields, Secret } from '@spawnkit/effects';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ImageBackendError } from '../errors.ts';
import type { PullRequest } from '../image-cache.ts';
import type { HttpSource } from '../image-source.ts';
import { openImageCache } from '../open-image-cache.ts';
import { diskBytes } from '../testing/images.ts';

let directory: string;
const servers: Server[] = [];
const logged: unknown[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'http-'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  await rm(directory, { recursive: true });
});

const bytes = diskBytes();
const sha256 = createHash('sha256').update(bytes).digest('hex');

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function pull(source: Omit<HttpSource, 'type'>, more: Partial<PullRequest> = {}) {
  const note = (message: string, fields?: LogFields) => void logged.push(message, fields);
  const log = { debug: note, info: note, warn: note, error: note };
  const limits = { idleTimeoutMs: 200 };
  const cache = openImageCache({ instancesPath: directory, exec: hostExec(), log, limits });
  return cache.pull({ source: { type: 'http', ...source }, kind: 'disk', ...more });
}

/** Files in the cache. */
const base = () => readdir(join(directory, '_base')).catch(() => []);

test('an image is fetched once, hashed, with progress and its length', async () => {
  let requests = 0;
  const origin = await serve((request, response) => {
    requests++;
    expect(request.headers['accept-encoding']).toBe('identity');
    response.setHeader('content-length', bytes.length).end(bytes);
  });
  const seen: unknown[] = [];
  const url = `${origin}/images/a.raw`;
  const pulled = await pull({ url }, { onProgress: (progress) => seen.push(progress) });
  expect(pulled).toMatchObject({ format: 'raw', sha256, fromCache: false });
  expect(await readFile(pulled.path)).toEqual(bytes);
  expect(seen.at(-1)).toEqual({ type: 'download', bytes: BigInt(bytes.length), total: BigInt(bytes.length) });
  expect(await pull({ url })).toMatchObject({ fromCache: true, path: pulled.path });
  expect(await pull({ url: `${url}#fragment` })).toMatchObject({ fromCache: true });
  expect(requests).toBe(1);
  expect((await pull({ url: `${url}?version=2` })).path).not.toBe(pulled.path);
});

test('an image is fetched once by several processes that want it at once', async () => {
  let requests = 0;
  const origin = await serve((_, response) => {
    requests++;
    setTimeout(() => response.end(bytes), 500);
  });
  const script = join(import.meta.dirname, '../../test/pull.ts');
  const pulls = Array.from({ length: 3 }, () =>
    // How the child reads TypeScript is the run's business.
    hostExec()(process.execPath, [script, directory, origin], {
      env: { NODE_OPTIONS: process.env['NODE_OPTIONS'] ?? '' },
    }),
  );
  const answers = (await Promise.all(pulls)).map(({ stdout }) => stdout.trim());
  expect(answers.toSorted()).toEqual(['false', 'true', 'true']);
  expect(requests).toBe(1);
});

test('an image without length arrives whole', async () => {
  const origin = await serve((_, response) => {
    response.write(bytes.subarray(0, 12_345));
    response.end(bytes.subarray(12_345));
  });
  expect(await pull({ url: origin })).toMatchObject({ sha256 });
});

test('headers and user go to the origin that they are meant for, and nowhere else', async () => {
  const seen: IncomingMessage['headers'][] = [];
  const other = await serve((request, response) => {
    seen.push(request.headers);
    response.end(bytes);
  });
  const first = await serve((request, response) => {
    seen.push(request.headers);
    response.writeHead(302, { location: request.url === '/a' ? '/b' : `${other}/c` }).end();
  });
  const url = `${first.replace('//', '//user:p%40ss@')}/a`;
  await pull({ url, headers: { 'X-Auth-Token': new Secret('token'), accept: 'x/y' } });
  const authorization = `Basic ${Buffer.from('user:p@ss').toString('base64')}`;
  const [a, b, c] = seen;
  for (const sent of [a, b]) expect(sent).toMatchObject({ authorization, 'x-auth-token': 'token', accept: 'x/y' });
  expect(c).not.toHaveProperty('authorization');
  expect(c).not.toHaveProperty('x-auth-token');
});

test('secrets of a request show nowhere', async () => {
  const canary = 'canary-1234';
  const origin = await serve((_, response) => response.writeHead(403).end(canary));
  const errors: unknown[] = [];
  const keep = (error: unknown) => errors.push(error);
  const withUser = origin.replace('//', `//${canary}:${canary}@`);
  await pull({ url: `${withUser}/a?signature=${canary}` }).catch(keep);
  await pull({ url: origin, headers: { authorization: new Secret(`${canary}\nx`) } }).catch(keep);
  await pull({ url: `http://${canary}%ff@127.0.0.1:1/` }).catch(keep);
  await pull({ url: `ftp://${canary}@host/` }).catch(keep);
  await pull({ url: `http://${canary}@[broken/` }).catch(keep);
  await pull({ url: `http://${canary}:${canary}@127.0.0.1:1/?token=${canary}` }).catch(keep);
  expect(errors.map((error) => (error as ImageBackendError).code)).toEqual([
    'SOURCE_UNREADABLE',
    'INVALID_REQUEST',
    'INVALID_REQUEST',
    'INVALID_REQUEST',
    'INVALID_REQUEST',
    'SOURCE_UNREADABLE',
  ]);
  for (const shown of [...errors, ...logged]) {
    expect(inspect(shown, { depth: 9, showHidden: true })).not.toContain(canary);
    expect(JSON.stringify(shown)).not.toContain(canary);
  }
  const good = await serve((_, response) => response.end(bytes));
  const secretUrl = `${good.replace('//', `//${canary}@`)}/?signature=${canary}`;
  const pulled = await pull({ url: secretUrl, headers: { 'x-token': canary } });
  expect(await readFile(`${pulled.path}.json`, 'utf8')).not.toContain(canary);
  expect(inspect([pulled, logged], { depth: 9 })).not.toContain(canary);
});

test.each([
  [404, 'Not Found'],
  [500, 'Internal Server Error'],
  [206, 'Partial Content'],
  [204, 'No Content'],
])('status %i is an error that says so', async (status, text) => {
  const origin = await serve((_, response) => response.writeHead(status).end());
  await expect(pull({ url: `${origin}/x` })).rejects.toMatchObject({
    code: 'SOURCE_UNREADABLE',
    message: expect.stringContaining(`${status} ${text}`),
    context: { url: `${origin}/x`, status },
  });
  expect(await base()).toEqual([]);
});

const broken: [string, RequestListener, RegExp][] = [
  [
    'a body that breaks off',
    (_, response) => {
      response.setHeader('content-length', bytes.length).write(bytes.subarray(0, 1000));
      setTimeout(() => response.destroy(), 20);
    },
    /failed after 1000 of 1048576 bytes/,
  ],
  ['a server that never answers', () => {}, /nothing came for 200 ms/],
  [
    'a body that stalls',
    (_, response) => void response.setHeader('content-length', bytes.length).write(bytes.subarray(0, 1000)),
    /nothing came for 200 ms after 1000 of 1048576 bytes/,
  ],
  ['a redirect without end', (_, response) => response.writeHead(302, { location: '/' }).end(), /more than 10 times/],
  [
    'a redirect to a file',
    (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    /nowhere/,
  ],
  ['a redirect to nothing', (_, response) => response.writeHead(302).end(), /nowhere/],
  [
    'an encoded body',
    (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bytes),
    /encoded as "gzip"/,
  ],
];
test.each(broken)('%s is an error and leaves nothing', async (_, listener, message) => {
  const origin = await serve(listener);
  const pulled = pull({ url: origin });
  await expect(pulled).rejects.toThrow(message);
  await expect(pulled).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
  expect(await base()).toEqual([]);
});

test('a slow body is not idle', async () => {
  const origin = await serve((_, response) => {
    let start = 0;
    const timer = setInterval(() => {
      response.write(bytes.subarray(start, start + 150_000));
      start += 150_000;
      if (start < bytes.length) return;
      clearInterval(timer);
      response.end();
    }, 60);
  });
  expect(await pull({ url: origin })).toMatchObject({ sha256 });
});

test('a body that is larger than allowed is refused by its length, or when it gets there', async () => {
  let sent = 0;
  const origin = await serve((request, response) => {
    if (request.url === '/length') response.setHeader('content-length', 10n ** 12n + '');
    const timer = setInterval(() => response.write(bytes, () => sent++), 1);
    response.on('close', () => clearInterval(timer));
  });
  for (const path of ['/length', '/endless']) {
    const pulled = pull({ url: `${origin}${path}` }, { maxBytes: 3n * 1024n ** 2n });
    await expect(pulled).rejects.toMatchObject({ code: 'TOO_LARGE' });
  }
  expect(sent).toBeLessThan(100);
  expect(await base()).toEqual([]);
});

test('an error page with status 200 is not an image', async () => {
  const origin = await serve((_, response) => response.end('<html>Sign in</html>'));
  await expect(pull({ url: origin })).rejects.toMatchObject({ code: 'NOT_AN_IMAGE' });
});

test('nobody listening is an error that says so', async () => {
  const origin = await serve(() => {});
  await new Promise((resolve) => servers.pop()?.close(resolve));
  await expect(pull({ url: origin })).rejects.toMatchObject({
    code: 'SOURCE_UNREADABLE',
    message: expect.stringContaining('ECONNREFUSED'),
  });
});

test('an aborted download rejects with the reason, at every stage', async () => {
  const reason = new Error('enough');
  for (const sent of [0, 1000]) {
    const abort = new AbortController();
    const origin = await serve((_, response) => {
      if (sent > 0) response.write(bytes.subarray(0, sent));
      setTimeout(() => abort.abort(reason), 30);
    });
    await expect(pull({ url: origin }, { signal: abort.signal })).rejects.toBe(reason);
  }
  expect(await base()).toEqual([]);
});

test('an error of this package is one', async () => {
  await expect(pull({ url: 'nonsense' })).rejects.toBeInstanceOf(ImageBackendError);
});
