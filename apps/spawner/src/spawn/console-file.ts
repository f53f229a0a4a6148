import { open } from 'node:fs/promises';

/**
 * Makes the console log of an instance unless it is there; what it has is kept. One that belongs to somebody else
 * already, such as QEMU's user, is fine. Throws what the file system says. Follows Nova's
 * `_ensure_console_log_for_instance`.
 */
export async function ensureConsoleLog(path: string, openFile = open): Promise<void> {
  try {
    await (await openFile(path, 'a', 0o600)).close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
  }
}
