import { type FileHandle, open } from 'node:fs/promises';

/** The address of a socket in a directory, however long the directory's path is. Good until it is left. */
export interface SocketPath extends AsyncDisposable {
  readonly path: string;
}

/**
 * Opens the way to the socket of an instance. The kernel takes 107 bytes of a path, which a state directory may exceed; the
 * way through an open directory is short.
 */
export async function socketPath(directory: string, instanceUuid: string): Promise<SocketPath> {
  const opened: FileHandle = await open(directory, 'r');
  return {
    path: `/proc/self/fd/${opened.fd}/${socketName(instanceUuid)}`,
    [Symbol.asyncDispose]: () => opened.close(),
  };
}

/** The name of the socket in its directory. */
export function socketName(instanceUuid: string): string {
  return `${instanceUuid}.sock`;
}
