import { AuthError, clientReport } from '../errors.ts';
import { ErrorNumber } from '../generated/enums.gen.ts';
import type { SaslMechanism } from './sasl-mechanism.ts';

/** The password itself (RFC 4616): for transports that nobody can read. */
export const plain: SaslMechanism = {
  name: 'PLAIN',
  async start({ credentials }) {
    const { authorizeAs = '', username, password } = await credentials();
    const parts = [authorizeAs, username, password];
    if (parts.some((part) => part.includes('\0')) || username === '' || password === '') {
      const message = 'PLAIN needs a user name and a password, without NUL characters';
      throw new AuthError(message, clientReport(ErrorNumber.AUTH_FAILED, message));
    }
    return { initial: Buffer.from(parts.join('\0')), respond: async () => undefined, complete: true };
  },
};
