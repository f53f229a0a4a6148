import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EffectsError, type Exec } from '@spawnkit/effects';

export interface TrialOptions {
  readonly arch: string;
  /** Path of the emulator. */
  readonly emulator: string;
  readonly exec: Exec;
  readonly accel: 'kvm' | 'tcg';
  readonly signal?: AbortSignal | undefined;
}

/** What came of running an emulator. */
export interface Trial {
  /** What stands in the way of guests; undefined: they run. */
  readonly obstacle: string | undefined;
  /** False when the next trial may end otherwise: a busy host is slow, and a missing program can be installed. */
  readonly isCertain: boolean;
}

const TRIAL_MS = 500;
/** On a busy host a guest's first instruction takes its time. */
const X86_TRIAL_MS = 5000;
/** isa-debug-exit turns what the guest writes into QEMU's exit code: value * 2 + 1. */
const GUEST_RAN = 33;

/**
 * Runs the emulator with one virtual processor. On x86 the guest's first instructions prove themselves by ending QEMU;
 * elsewhere an emulator that lives for half a second counts.
 */
export async function tryEmulator({ arch, emulator, exec, accel, signal }: TrialOptions): Promise<Trial> {
  const directory = await mkdtemp(join(tmpdir(), 'spawnkit-trial-'));
  try {
    const common = ['-accel', accel, '-smp', '1', '-nodefaults', '-no-user-config', '-display', 'none'];
    const machine = isX86(arch) ? await x86Machine(directory) : ['-machine', 'virt', '-cpu', 'max', '-m', '64'];
    const { exitCode, stderr } = await exec(emulator, [...common, ...machine], {
      signal,
      timeoutMs: isX86(arch) ? X86_TRIAL_MS : TRIAL_MS,
      okExitCodes: [0, 1, GUEST_RAN],
    });
    if (exitCode === GUEST_RAN) return { obstacle: undefined, isCertain: true };
    const lastWords = stderr.trim().split('\n').at(-1) || `exit code ${exitCode}`;
    return { obstacle: `the emulator says: ${lastWords}`, isCertain: true };
  } catch (error) {
    if (!(error instanceof EffectsError)) throw error;
    if (error.code !== 'EXEC_TIMEOUT') return { obstacle: error.message, isCertain: false };
    if (!isX86(arch)) return { obstacle: undefined, isCertain: true };
    return { obstacle: 'a virtual processor did not run a single instruction', isCertain: false };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

export function isX86(arch: string): boolean {
  return arch === 'x86_64' || arch === 'i686';
}

/** A firmware of 64 KiB whose reset vector is all of it: mov al, 16; out 0xf4, al; hlt. */
async function x86Machine(directory: string): Promise<readonly string[]> {
  const firmware = new Uint8Array(65_536).fill(0xf4);
  firmware.set([0xb0, 0x10, 0xe6, 0xf4, 0xf4], 65_536 - 16);
  const path = join(directory, 'firmware');
  await writeFile(path, firmware);
  return ['-machine', 'q35', '-m', '16', '-bios', path, '-device', 'isa-debug-exit,iobase=0xf4,iosize=0x04'];
}
