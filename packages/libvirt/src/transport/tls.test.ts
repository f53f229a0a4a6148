import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostIn } from '../../test/client-host.ts';
import { type Pki, pki, pkiObstacle } from '../../test/pki.ts';
import { tlsFiles } from '../uri/tls-files.ts';
import { tlsTransport } from './tls.ts';

const obstacle = pkiObstacle();
if (obstacle) process.stderr.write(`skipped, TLS: ${obstacle}\n`);

describe.skipIf(obstacle)('a TLS server', () => {
  let certificates: Pki;
  let server: Server;
  /** What the server does with a client. */
  let serve: (socket: TLSSocket) => void;
  let last: TLSSocket | undefined;

  beforeAll(async () => {
    certificates = pki();
    const read = (name: string) => readFileSync(`${certificates.server}/${name}.pem`);
    const options = { ca: read('cacert'), cert: read('servercert'), key: read('serverkey') };
    server = createServer({ ...options, requestCert: true, rejectUnauthorized: true }, (socket) => {
      last = socket;
      socket.on('error', () => {});
      serve(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
    certificates[Symbol.dispose]();
  });

  const transport = ({ host = 'localhost', pkipath = certificates.client, verify = true } = {}) => {
    const { port } = server.address() as AddressInfo;
    return tlsTransport({ host, port, verify, files: tlsFiles(pkipath, hostIn('/nonexistent')) });
  };

  test('has accepted the client when it sends a 1, and what follows is not lost', async () => {
    serve = (socket) => socket.end(Buffer.from('\x01hello'));
    const socket = await transport().open({});
    expect(String(Buffer.concat(await socket.toArray()))).toBe('hello');
    serve = (socket) => {
      socket.write('\x01');
      socket.pipe(socket);
    };
    const echo = await transport().open({});
    echo.end('and back');
    expect(String(Buffer.concat(await echo.toArray()))).toBe('and back');
  });

  test.each<[string, (socket: TLSSocket) => void, string]>([
    ['a 0', (socket) => socket.write('\x00'), 'the server answered 0 instead of accepting'],
    [
      'nothing',
      (socket) => socket.end(),
      'the server closed the connection; does it accept this client’s certificate?',
    ],
    ['a reset', (socket) => socket.destroy(), 'the server closed the connection'],
  ])('that sends %s does not accept it', async (_, answer, why) => {
    serve = answer;
    const opening = transport().open({});
    await expect(opening).rejects.toMatchObject({ name: 'ConnectionLostError', code: 'UNREACHABLE' });
    await expect(opening).rejects.toThrow(why);
  });

  test('must be the one that its certificate names, unless nobody asks', async () => {
    serve = (socket) => socket.write('\x01');
    const address = (server.address() as AddressInfo).address;
    await expect(transport({ host: address }).open({})).rejects.toMatchObject({
      code: 'UNREACHABLE',
      cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    });
    (await transport({ host: address, verify: false }).open({})).destroy();
  });

  test('does not take a certificate of another authority', async () => {
    serve = (socket) => socket.write('\x01');
    await expect(transport({ pkipath: certificates.stranger }).open({})).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });

  test('is not even asked when a file is missing', async () => {
    await expect(transport({ pkipath: '/nonexistent' }).open({})).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('cannot be read: ENOENT at "/nonexistent/cacert.pem"'),
      cause: { code: 'ENOENT' },
    });
  });

  test('that says nothing is left when the signal says so', async () => {
    const connected = Promise.withResolvers<void>();
    serve = () => connected.resolve();
    const controller = new AbortController();
    const opening = transport().open(controller);
    await connected.promise;
    controller.abort(new Error('enough'));
    await expect(opening).rejects.toThrow('enough');
    await expect.poll(() => last?.destroyed).toBe(true);
    await expect(transport().open({ signal: AbortSignal.abort('no') })).rejects.toBe('no');
  });
});
