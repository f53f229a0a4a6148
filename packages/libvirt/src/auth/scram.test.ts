import { assert, asyncProperty, string } from 'fast-check';
import { expect, test } from 'vitest';
import type { SaslContext, SaslExchange } from './sasl-mechanism.ts';
import { scram } from './scram.ts';

const context = (username = 'user', password = 'pencil', authorizeAs?: string): SaslContext => ({
  host: 'h',
  credentials: async () => ({ username, password, authorizeAs }),
});
const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();
const say = async (exchange: SaslExchange, message: string) => text(await exchange.respond(Buffer.from(message)));

/** The examples of RFC 5802 section 5 and RFC 7677 section 3. */
const EXAMPLES = [
  {
    hash: 'SHA-1',
    nonce: 'fyko+d2lbbFgONRv9qkxdawL',
    first: 'r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096',
    final: 'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
    verifier: 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=',
  },
  {
    hash: 'SHA-256',
    nonce: 'rOprNGfwEbeRWgbNEkqO',
    first: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    final: 'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    verifier: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  },
] as const;
const EXAMPLE = EXAMPLES[1];
const begin = () => scram('SHA-256', () => EXAMPLE.nonce).start(context());

test.each(EXAMPLES)('the RFC’s example of SCRAM-$hash', async ({ hash, nonce, first, final, verifier }) => {
  const exchange = await scram(hash, () => nonce).start(context());
  expect(text(exchange.initial)).toBe(`n,,n=user,r=${nonce}`);
  expect(await say(exchange, first)).toBe(final);
  expect(exchange.complete).toBe(false);
  expect(await exchange.respond(Buffer.from(verifier))).toBeUndefined();
  expect(exchange.complete).toBe(true);
});

test.each([
  [undefined, 'the server has not proved that it knows the password'],
  ['', 'the server has not proved that it knows the password'],
  ['v=AAAA', 'the server does not know the password'],
  [`v=${'A'.repeat(43)}=`, 'the server does not know the password'],
  ['e=invalid-proof', 'the server says "invalid-proof"'],
])('a server that ends with %j has proved nothing', async (verifier, why) => {
  const exchange = await begin();
  await say(exchange, EXAMPLE.first);
  const last = exchange.respond(verifier === undefined ? undefined : Buffer.from(verifier));
  await expect(last).rejects.toMatchObject({ name: 'AuthError', codeName: 'AUTH_FAILED' });
  await expect(last).rejects.toThrow(why);
  expect(exchange.complete).toBe(false);
});

const server = `${EXAMPLE.nonce}xyz`;
test.each([
  ['', 'the first message of the server makes no sense'],
  ['e=unknown-user', 'the server says "unknown-user"'],
  [`m=ext,r=${server},s=QSXCR+Q6,i=4096`, 'the first message of the server makes no sense'],
  [`r=${EXAMPLE.nonce},s=QSXCR+Q6,i=4096`, 'does not answer this exchange'],
  ['r=other,s=QSXCR+Q6,i=4096', 'does not answer this exchange'],
  [`r=${server},s=QSXCR+Q6,i=4095`, 'asks for 4095 iterations; allowed are 4096 to 1000000'],
  [`r=${server},s=QSXCR+Q6,i=999999999`, 'asks for 999999999 iterations'],
  [`r=${server},s=QSXCR+Q6,i=-1`, 'the first message of the server makes no sense'],
  [`r=${server},s=,i=4096`, 'the first message of the server makes no sense'],
])('the first message %j is refused', async (message, why) => {
  const exchange = await begin();
  await expect(exchange.respond(Buffer.from(message))).rejects.toThrow(why);
});

test('whatever a server sends is answered or an AuthError', async () => {
  await assert(
    asyncProperty(string({ unit: 'binary', maxLength: 80 }), string({ maxLength: 20 }), async (message, tail) => {
      for (const sent of [message, `r=${server},s=${tail},i=4096`, `r=${server},s=QSXCR+Q6,i=4096${tail}`]) {
        const exchange = await begin();
        const answer = await exchange.respond(Buffer.from(sent)).catch((error: unknown) => error);
        if (!(answer instanceof Uint8Array)) expect(answer).toMatchObject({ name: 'AuthError' });
        expect(exchange.complete).toBe(false);
      }
    }),
    { numRuns: 25 },
  );
});

test('names are prepared and escaped, and may be on behalf of others', async () => {
  const exchange = await scram('SHA-256', () => 'abc').start(context('a=b,\u00A0c\u00ADd', 'x', 'boss,'));
  expect(text(exchange.initial)).toBe('n,a=boss=2C,n=a=3Db=2C cd,r=abc');
  expect(await say(exchange, 'r=abcd,s=QSXCR+Q6,i=4096')).toMatch(/^c=bixhPWJvc3M9MkMs,r=abcd,p=/);
  for (const [name, password] of [
    ['', 'x'],
    ['a', ''],
    ['a\u0007', 'x'],
    ['a', 'x\uE000'],
  ]) {
    await expect(scram('SHA-256').start(context(name, password))).rejects.toMatchObject({ codeName: 'AUTH_FAILED' });
  }
});

test('no exchange is like another', async () => {
  const [one, other] = [await scram('SHA-256').start(context()), await scram('SHA-256').start(context())];
  expect(text(one.initial)).toMatch(/^n,,n=user,r=[A-Za-z0-9+/]{32}$/);
  expect(text(one.initial)).not.toBe(text(other.initial));
});
