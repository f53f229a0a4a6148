import { open } from 'node:fs/promises';

/** As under Nova's umask of 007: for QEMU's group, and for nobody else. */
const MODE = 0o660;

/**
 * Makes the console log of an instance unless it is there; what it has is kept. One that belongs to somebody else
 * already, such as QEMU's user, is fine. Throws what the file system says. Follows Nova's
 * `_ensure_console_log_for_instance`.
 */
export async function ensureConsoleLog(path: string, openFile = open): Promise<void> {
  try {
    await using file = await openFile(path, 'ax', MODE);
    // Whatever the umask of who called us.
    await file.chmod(MODE);
  } catch (error) {
    if (!['EACCES', 'EEXIST'].includes(String((error as NodeJS.ErrnoException).code))) throw error;
  }
}
