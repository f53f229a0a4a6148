import { connect } from 'node:net';
import { DomainRuntimeError } from '../errors.ts';
import type { InstanceEvent } from '../instance-event.ts';
import { LINE_BYTES } from './event-socket.ts';
import { socketName, socketPath } from './socket-path.ts';

const ANSWER_MS = 5000;

/**
 * Tells an event to whoever listens for its instance, and answers whether that was awaited; undefined when nobody listens.
 * Throws {@link DomainRuntimeError} `PERMISSION_DENIED`, what the file system says, or the signal's reason.
 */
export async function offerEvent(
  event: InstanceEvent,
  { directory, signal }: { readonly directory: string; readonly signal?: AbortSignal | undefined },
): Promise<{ readonly awaited: boolean } | undefined> {
  signal?.throwIfAborted();
  try {
    await using way = await socketPath(directory, event.instanceUuid);
    const answer: unknown = JSON.parse(await ask(way.path, `${JSON.stringify(event)}\n`, signal));
    return isAnswer(answer) ? answer : undefined;
  } catch (error) {
    signal?.throwIfAborted();
    if (isNobody(error)) return undefined;
    throw isRefused(error) ? refused(directory, event, error) : error;
  }
}

/** Resolves with what the other side said before it hung up. */
function ask(path: string, line: string, signal: AbortSignal | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let text = '';
    const abort = () => socket.destroy(new Error('aborted'));
    signal?.addEventListener('abort', abort, { once: true });
    socket.setEncoding('utf8').setTimeout(ANSWER_MS, () => socket.destroy());
    socket.on('connect', () => socket.write(line));
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (text.length > LINE_BYTES) socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      signal?.removeEventListener('abort', abort);
      resolve(text);
    });
  });
}

function isAnswer(value: unknown): value is { readonly awaited: boolean } {
  return typeof value === 'object' && value !== null && 'awaited' in value && typeof value.awaited === 'boolean';
}

/** Nobody is there, or has left before it answered: an event must not get lost with it. */
function isNobody(error: unknown): boolean {
  if (error instanceof SyntaxError) return true;
  return ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(codeOf(error));
}

function isRefused(error: unknown): boolean {
  return ['EACCES', 'EPERM'].includes(codeOf(error));
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException | undefined)?.code);
}

function refused(directory: string, { instanceUuid }: InstanceEvent, cause: unknown): DomainRuntimeError {
  return new DomainRuntimeError(
    'PERMISSION_DENIED',
    `Events of instance ${instanceUuid} are taken from another user: "${directory}/${socketName(instanceUuid)}" refuses this one`,
    { cause, fix: 'Send them as the user who spawns.', context: { directory, instanceUuid } },
  );
}
