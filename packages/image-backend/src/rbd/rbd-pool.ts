import { parseRbdAnswer, rbd } from './rbd-command.ts';
import { checkRbdClient, checkRbdPart, type RbdBackendOptions, type RbdClient } from './rbd-options.ts';

/**
 * Looks into the pool of the disks, which shows that the cluster answers, lets this user in, and has it; answers the
 * number of its images. Throws `ImageBackendError` `INVALID_REQUEST`, `STORAGE_UNREACHABLE`, `TOOL_MISSING`,
 * `TOOL_FAILED`, or the signal's reason.
 */
export async function readRbdPool(
  client: RbdClient & Pick<RbdBackendOptions, 'imagesRbdPool'>,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<{ readonly images: number }> {
  checkRbdClient(client);
  const pool = checkRbdPart('The pool', client.imagesRbdPool);
  const what = `look into the pool "${pool}"`;
  const answer = await rbd(client, ['ls', '--format', 'json', pool], { what, signal });
  return { images: (parseRbdAnswer(answer, what) as readonly string[]).length };
}
