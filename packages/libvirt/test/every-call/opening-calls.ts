import { SocketClient } from '../../src/client/socket-client.ts';
import { TypedParameterType } from '../../src/generated/enums.gen.ts';
import { connectSocket } from '../../src/transport/connect-socket.ts';
import { type Walk, walk } from './walk.ts';
import type { World } from './world.ts';

/** What comes before a connection is one, and its end. Each on a socket of its own, since some spoil theirs. */
export async function walkOpening(
  { walk: { outcomes } }: World,
  { uri, socket: path }: { readonly uri: string; readonly socket: string },
): Promise<void> {
  const steps: ((walk: Walk) => Promise<unknown>)[] = [
    ({ call }) => call('authPolkit', undefined),
    ({ call }) => call('authSaslInit', undefined),
    ({ call }) => call('authSaslStart', { mech: 'PLAIN', nil: 1, data: new Int8Array() }),
    ({ call }) => call('authSaslStep', { nil: 1, data: new Int8Array() }),
    async ({ call }) => {
      await call('connectOpen', { name: uri, flags: 0 });
      await call('connectSetIdentity', { params: [identity], flags: 0 });
      await call('connectClose', undefined);
    },
  ];
  for (const step of steps) {
    const socket = await connectSocket({ path }, path, {});
    await using client = new SocketClient(socket, { name: path, keepalive: false });
    const own = walk(client, Number.POSITIVE_INFINITY, outcomes);
    await own.call('authList', undefined);
    await step(own);
  }
  // libvirt 9.0.0 refuses it without setting an error, so that the reply has whatever its thread had failed in before.
  if (outcomes.get('authPolkit') !== 'ok') outcomes.set('authPolkit', 'refused');
}

const identity = { field: 'user-name', value: { type: TypedParameterType.STRING, s: 'walk' } } as const;
