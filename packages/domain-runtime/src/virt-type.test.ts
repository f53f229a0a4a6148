import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EffectsError, type Exec, hostExec } from '@spawnkit/effects';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tryEmulator } from './kvm-trial.ts';
import { chooseVirtType, type VirtTypeHost } from './virt-type.ts';

const emulator = '/usr/bin/qemu-system-x86_64';
let directory: string;
let paths: VirtTypeHost;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'spawnkit-virt-type-'));
  paths = { cpuinfo: join(directory, 'cpuinfo'), kvm: join(directory, 'kvm'), bootId: join(directory, 'boot_id') };
  await writeFile(paths.cpuinfo, 'processor\t: 0\nflags\t\t: fpu vme vmx\n');
  await writeFile(paths.kvm, '');
  await writeFile(paths.bootId, 'one\n');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Stands for the emulator, and counts how often it is asked. */
function emulatorThat(exitCode: number, stderr = ''): Exec & { calls: number } {
  const exec = async () => {
    exec.calls++;
    return { stdout: '', stderr, exitCode };
  };
  exec.calls = 0;
  return exec;
}

const choose = (exec: Exec, more: { wanted?: 'auto' | 'kvm' | 'qemu'; arch?: string } = {}) =>
  chooseVirtType(
    { wanted: 'auto', arch: 'x86_64', emulator: async () => emulator, exec, cacheDirectory: directory, ...more },
    paths,
  );

test('a processor without vmx and svm decides at once, whatever /dev/kvm promises', async () => {
  await writeFile(paths.cpuinfo, 'flags\t\t: fpu vme svmx\n');
  const exec = emulatorThat(33);
  expect(await choose(exec)).toEqual({ virtType: 'qemu', reason: 'the processor shows neither vmx nor svm' });
  expect(exec.calls).toBe(0);
});

test('the emulator is tried once per boot', async () => {
  const exec = emulatorThat(33);
  expect((await choose(exec)).virtType).toBe('kvm');
  expect((await choose(exec)).virtType).toBe('kvm');
  expect(exec.calls).toBe(1);
  await writeFile(paths.bootId, 'two\n');
  await choose(exec);
  expect(exec.calls).toBe(2);
});

test('an emulator that cannot use /dev/kvm means qemu, with its own words as the reason', async () => {
  const exec = emulatorThat(1, 'qemu: failed to initialize kvm: Permission denied\n');
  expect(await choose(exec)).toEqual({
    virtType: 'qemu',
    reason: 'the emulator says: qemu: failed to initialize kvm: Permission denied',
  });
});

test('elsewhere than on x86 an emulator that lives for half a second runs guests', async () => {
  const exec: Exec = async () => {
    throw new EffectsError('EXEC_TIMEOUT', 'ended after 500 ms');
  };
  expect((await choose(exec, { arch: 'aarch64' })).virtType).toBe('kvm');
});

test('kvm that does not work is an error where it was wanted, with the reason', async () => {
  await rm(paths.kvm);
  await expect(choose(emulatorThat(33), { wanted: 'kvm' })).rejects.toMatchObject({
    code: 'HOST_UNSUITABLE',
    message: expect.stringContaining('is missing or not open to this user') as string,
  });
  expect((await choose(emulatorThat(33), { wanted: 'qemu' })).virtType).toBe('qemu');
});

test('what a busy host or a missing emulator brought about is not remembered', async () => {
  const codes = ['EXEC_TIMEOUT', 'EXEC_NOT_FOUND'] as const;
  for (const code of codes) {
    const exec: Exec = async () => {
      throw new EffectsError(code, 'this time');
    };
    expect((await choose(exec)).virtType).toBe('qemu');
  }
  expect((await choose(emulatorThat(33))).virtType).toBe('kvm');
});

test('another emulator is tried, and a spoilt memory is no answer', async () => {
  const program = join(directory, 'qemu');
  await writeFile(program, 'one');
  const exec = emulatorThat(33);
  const choose = () =>
    chooseVirtType(
      { wanted: 'auto', arch: 'x86_64', emulator: async () => program, exec, cacheDirectory: join(directory, 'cache') },
      paths,
    );
  await choose();
  await writeFile(program, 'another');
  await choose();
  expect(exec.calls).toBe(2);
  await writeFile(join(directory, 'cache', 'kvm-trial.json'), '{"bootId":');
  await choose();
  await choose();
  expect(exec.calls).toBe(3);
});

test('a trial really runs a guest: translated, its first instructions end QEMU', async () => {
  const trial = await tryEmulator({ arch: 'x86_64', emulator, exec: hostExec(), accel: 'tcg' });
  expect(trial).toEqual({ obstacle: undefined, isCertain: true });
});

test('a trial of a machine that the emulator refuses has its words for an obstacle', async () => {
  const exec: Exec = (file, args, options) => hostExec()(file, [...args, '-cpu', 'no-such-cpu'], options);
  const trial = await tryEmulator({ arch: 'x86_64', emulator, exec, accel: 'tcg' });
  expect(trial).toEqual({ obstacle: expect.stringContaining("'no-such-cpu'") as string, isCertain: true });
});
