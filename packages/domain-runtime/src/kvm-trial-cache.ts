import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The outcome of trying an emulator, and what it depends on. */
export interface KnownTrial {
  readonly bootId: string;
  /** Path of the emulator. */
  readonly emulator: string;
  readonly obstacle: string | undefined;
}

/** As it is kept: the program's size and time of change tell whether it is still the one that was tried. */
interface KeptTrial extends KnownTrial {
  readonly size: number;
  readonly mtimeMs: number;
}

/** What was found out since this boot with an emulator that is still the same; undefined when nothing was. */
export async function knownTrial(directory: string, bootId: string): Promise<KnownTrial | undefined> {
  try {
    const kept = JSON.parse(await readFile(fileIn(directory), 'utf8')) as KeptTrial;
    const { size, mtimeMs } = await stat(kept.emulator);
    return kept.bootId === bootId && kept.size === size && kept.mtimeMs === mtimeMs ? kept : undefined;
  } catch {
    // Missing, unreadable, or the emulator is gone: trying again is always right.
    return undefined;
  }
}

/** Keeps an outcome for {@link knownTrial}. */
export async function rememberTrial(directory: string, trial: KnownTrial): Promise<void> {
  const { size, mtimeMs } = await stat(trial.emulator);
  const kept: KeptTrial = { ...trial, size, mtimeMs };
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const temporary = `${fileIn(directory)}.${randomUUID()}`;
  await writeFile(temporary, JSON.stringify(kept), { mode: 0o600 });
  await rename(temporary, fileIn(directory));
}

function fileIn(directory: string): string {
  return join(directory, 'kvm-trial.json');
}
