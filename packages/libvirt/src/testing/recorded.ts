import type { Procedure } from '../client/procedure.ts';
import { decodeBody } from '../xdr/codec.ts';
import { recordedReplies } from './recorded-replies.gen.ts';

/** The calls of which there is a recorded reply. */
export type RecordedName = keyof typeof recordedReplies;

/**
 * What a real libvirtd 9.0.0 answered once, as an answer for a fake daemon: `{ nodeGetInfo: recorded(nodeGetInfo) }` with the
 * procedure of `@spawnkit/libvirt/rpc`. Throws a TypeError for a call of which nothing was recorded.
 */
export function recorded<Args, Ret>(procedure: Procedure<Args, Ret>): () => Ret {
  const { name, ret } = procedure;
  if (!isRecorded(name))
    throw new TypeError(`Nothing was recorded of ${name}; recorded were ${recordedNames.join(', ')}`);
  return () => decodeBody(ret, recordedReply(name));
}

/** The body of a recorded reply, as it came over the wire. */
export function recordedReply(name: RecordedName): Uint8Array {
  return Uint8Array.from(Buffer.from(recordedReplies[name], 'base64'));
}

export const recordedNames = Object.keys(recordedReplies) as readonly RecordedName[];

function isRecorded(name: string): name is RecordedName {
  return Object.hasOwn(recordedReplies, name);
}
