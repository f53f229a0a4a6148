import { open } from 'node:fs/promises';
import { stripVTControlCharacters } from 'node:util';

const TAIL_BYTES = 8192;
const LINES = 10;
const LINE_CHARACTERS = 200;

/**
 * The last lines that a guest's console log shows, at most 10, without whatever a terminal would obey: a guest writes what
 * it likes. None where there is no such file, or it may not be read.
 */
export async function lastConsoleLines(path: string): Promise<readonly string[]> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    const start = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(TAIL_BYTES), 0, TAIL_BYTES, start);
    const lines = buffer.toString('utf8', 0, bytesRead).split(/[\r\n]+/);
    // The first one may have been cut.
    return lines
      .slice(start > 0 ? 1 : 0)
      .map(printable)
      .filter((line) => line !== '')
      .slice(-LINES);
  } catch {
    return [];
  }
}

function printable(line: string): string {
  return stripVTControlCharacters(line)
    .replaceAll(/[\p{Cc}\p{Cf}\uFFFD]/gu, '')
    .trimEnd()
    .slice(0, LINE_CHARACTERS);
}
