import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { AuthError, clientReport } from '../errors.ts';
import { ErrorNumber } from '../generated/enums.gen.ts';
import type { SaslCredentials, SaslExchange, SaslMechanism } from './sasl-mechanism.ts';
import { saslprep } from './saslprep.ts';

type Hash = 'SHA-1' | 'SHA-256' | 'SHA-512';

const BYTES: Readonly<Record<Hash, number>> = { 'SHA-1': 20, 'SHA-256': 32, 'SHA-512': 64 };
/** Fewer make guessing cheap for whoever listens; many more would let a server keep the client busy. */
const ITERATIONS = { least: 4096, most: 1_000_000 } as const;
/** The client has no channel binding (gs2-cbind-flag). */
const BINDING = 'n';

/** A proof of the password that does not tell it, and of the server's knowledge of it (RFC 5802, RFC 7677). */
export function scram(hash: Hash, nonce: () => string = randomNonce): SaslMechanism {
  return {
    name: `SCRAM-${hash}`,
    start: async ({ credentials }) => scramExchange(hash, await credentials(), nonce()),
  };
}

/** Server messages are answered in this order, none of them twice. */
type Stage = 'first' | 'final' | 'complete';

function scramExchange(hash: Hash, credentials: SaslCredentials, nonce: string): SaslExchange {
  const { username, password, authorizeAs } = prepare(credentials);
  const header = `${BINDING},${authorizeAs === undefined ? '' : `a=${escape(authorizeAs)}`},`;
  const bare = `n=${escape(username)},r=${nonce}`;
  let stage: Stage = 'first';
  let signature: Buffer | undefined;
  return {
    initial: Buffer.from(header + bare),
    async respond(challenge) {
      const message = Buffer.from(challenge ?? []).toString();
      if (stage === 'first') {
        const first = readFirst(message, nonce);
        const withoutProof = `c=${Buffer.from(header).toString('base64')},r=${first.nonce}`;
        const keys = await deriveKeys(hash, password, first);
        const signed = `${bare},${message},${withoutProof}`;
        signature = hmac(hash, keys.server, signed);
        stage = 'final';
        return Buffer.from(`${withoutProof},p=${proof(hash, keys.client, signed).toString('base64')}`);
      }
      if (stage === 'final' && signature) checkFinal(message, signature);
      else throw failed('the server sent more than the exchange has');
      stage = 'complete';
      return undefined;
    },
    get complete() {
      return stage === 'complete';
    },
  };
}

function prepare({ username, password, authorizeAs }: SaslCredentials): SaslCredentials {
  const [name, word] = [saslprep(username), saslprep(password)];
  const as = authorizeAs === undefined ? undefined : saslprep(authorizeAs);
  if (!name || !word || (authorizeAs !== undefined && !as)) {
    throw failed('the user name or the password is empty, or has characters that may not stand there');
  }
  return { username: name, password: word, authorizeAs: as };
}

interface ServerFirst {
  readonly nonce: string;
  readonly salt: Buffer;
  readonly iterations: number;
}

function readFirst(message: string, nonce: string): ServerFirst {
  const parts = /^r=([\x21-\x2B\x2D-\x7E]+),s=([A-Za-z0-9+/]+={0,2}),i=([1-9]\d{0,8})(?:,.*)?$/.exec(message);
  if (!parts) throw refused(message, 'the first message of the server makes no sense');
  const [, both = '', salt = '', count] = parts;
  const iterations = Number(count);
  if (!both.startsWith(nonce) || both.length === nonce.length) throw failed('the server does not answer this exchange');
  if (iterations < ITERATIONS.least || iterations > ITERATIONS.most) {
    throw failed(`the server asks for ${iterations} iterations; allowed are ${ITERATIONS.least} to ${ITERATIONS.most}`);
  }
  return { nonce: both, salt: Buffer.from(salt, 'base64'), iterations };
}

function checkFinal(message: string, signature: Buffer): void {
  const found = /^v=([A-Za-z0-9+/]+={0,2})(?:,.*)?$/.exec(message)?.[1];
  if (found === undefined) throw refused(message, 'the server has not proved that it knows the password');
  const given = Buffer.from(found, 'base64');
  if (given.length !== signature.length || !timingSafeEqual(given, signature)) {
    throw failed('the server does not know the password: this is not the server that it should be');
  }
}

async function deriveKeys(hash: Hash, password: string, { salt, iterations }: ServerFirst) {
  const salted = await promisify(pbkdf2)(password, salt, iterations, BYTES[hash], algorithm(hash));
  return { client: hmac(hash, salted, 'Client Key'), server: hmac(hash, salted, 'Server Key') };
}

function proof(hash: Hash, clientKey: Buffer, signed: string): Buffer {
  const stored = createHash(algorithm(hash)).update(clientKey).digest();
  const signature = hmac(hash, stored, signed);
  return Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0)));
}

function hmac(hash: Hash, key: Buffer, text: string): Buffer {
  return createHmac(algorithm(hash), key).update(text).digest();
}

function algorithm(hash: Hash): string {
  return hash.replace('-', '').toLowerCase();
}

function escape(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C');
}

function randomNonce(): string {
  return randomBytes(24).toString('base64');
}

/** What the server says against it (`e=`), else what is wrong with its message. */
function refused(message: string, otherwise: string): AuthError {
  const why = /^e=([\x20-\x2B\x2D-\x7E]{1,100})/.exec(message)?.[1];
  return failed(why === undefined ? otherwise : `the server says "${why}"`);
}

function failed(why: string): AuthError {
  const message = `Authentication by SCRAM failed: ${why}`;
  return new AuthError(message, clientReport(ErrorNumber.AUTH_FAILED, message));
}
