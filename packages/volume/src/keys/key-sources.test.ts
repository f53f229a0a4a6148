import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Secret } from '@spawnkit/effects';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { barbicanKeySource } from './barbican-key-source.ts';
import { fileKeySource } from './file-key-source.ts';

const keyId = '11111111-2222-3333-4444-555555555555';

describe('fileKeySource', () => {
  let directory = '';
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'spawnkit-keys-'));
    await writeFile(join(directory, 'good'), 's3cret\n', { mode: 0o600 });
    await writeFile(join(directory, 'open'), 's3cret\n', { mode: 0o600 });
    await chmod(join(directory, 'open'), 0o644);
    await writeFile(join(directory, 'empty'), '\n', { mode: 0o600 });
    await writeFile(join(directory, 'huge'), 'x'.repeat(9000), { mode: 0o600 });
  });
  afterAll(() => rm(directory, { recursive: true }));

  test('reads the passphrase of a key, as a secret', async () => {
    const passphrase = await fileKeySource(directory).passphrase('good');
    expect(passphrase.reveal()).toBe('s3cret');
    expect(inspect(passphrase)).toBe('***');
  });

  test.each(['open', 'empty', 'huge', 'missing', '../good', ''])('refuses the key "%s"', async (id) => {
    const failing = fileKeySource(directory).passphrase(id);
    await expect(failing).rejects.toMatchObject({
      code: 'KEY_UNAVAILABLE',
      message: expect.not.stringContaining('s3cret') as string,
    });
  });
});

describe('barbicanKeySource', () => {
  let server: Server;
  let endpoint = '';
  const answers: Record<string, (token: string | undefined) => readonly [status: number, body: string | Buffer]> = {
    [keyId]: (token) => (token === 'the-token' ? [200, Buffer.from([0, 1, 0xab])] : [401, 'who are you']),
    empty: () => [200, ''],
    huge: () => [200, 'x'.repeat(9000)],
    elsewhere: () => [302, ''],
  };
  beforeAll(async () => {
    server = createServer((request, response) => {
      const id = /^\/keys\/v1\/secrets\/([^/]+)\/payload$/.exec(request.url ?? '')?.[1] ?? '';
      const [status, body] = answers[id]?.(request.headers['x-auth-token']?.toString()) ?? [404, ''];
      if (id === 'hang') return;
      response.writeHead(status, status === 302 ? { location: '/keys/v1/secrets/x/payload' } : {}).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys/`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  test('makes the passphrase of a key’s bytes in hexadecimal', async () => {
    const source = barbicanKeySource({ endpoint, token: new Secret('the-token') });
    expect((await source.passphrase(keyId)).reveal()).toBe('0001ab');
  });

  test.each([keyId, 'empty', 'huge', 'elsewhere', 'missing', '../../etc'])(
    'says that "%s" cannot be had',
    async (id) => {
      await expect(barbicanKeySource({ endpoint }).passphrase(id)).rejects.toMatchObject({
        code: 'KEY_UNAVAILABLE',
        context: { keyId: id },
      });
    },
  );

  test('does not wait for ever, and ends with its caller', async () => {
    await expect(barbicanKeySource({ endpoint, timeoutMs: 50 }).passphrase('hang')).rejects.toMatchObject({
      code: 'KEY_UNAVAILABLE',
    });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(barbicanKeySource({ endpoint }).passphrase(keyId, { signal })).rejects.toThrow('enough');
  });

  test('never tells the user in an endpoint', async () => {
    const source = barbicanKeySource({ endpoint: 'http://u:s3cret@127.0.0.1:1' });
    await expect(source.passphrase('x')).rejects.toMatchObject({
      message: expect.not.stringContaining('s3cret') as string,
    });
  });
});
