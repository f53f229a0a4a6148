import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import type { Exec } from '@spawnkit/effects';
import { DomainRuntimeError } from './errors.ts';
import { knownTrial, rememberTrial } from './kvm-trial-cache.ts';
import { isX86, tryEmulator } from './kvm-trial.ts';

/** `kvm` runs guests on the processor's own virtualization, `qemu` translates their code. */
export type VirtType = 'kvm' | 'qemu';

export interface VirtTypeOptions {
  readonly wanted: 'auto' | VirtType;
  /** libvirt's name of the host's architecture: `x86_64`, `aarch64`, … */
  readonly arch: string;
  /** The emulator that libvirt would run; asked for only when it has to be tried. {@link findEmulator} knows. */
  readonly emulator: () => Promise<string>;
  readonly exec: Exec;
  /** Where the answer of a trial is kept until the next boot or another emulator. Made when missing. */
  readonly cacheDirectory: string;
  readonly signal?: AbortSignal | undefined;
}

export interface VirtTypeChoice {
  readonly virtType: VirtType;
  /** One sentence for people. */
  readonly reason: string;
}

/** What of the host the choice looks at; tests give their own. */
export interface VirtTypeHost {
  readonly cpuinfo: string;
  readonly kvm: string;
  readonly bootId: string;
}

const host: VirtTypeHost = { cpuinfo: '/proc/cpuinfo', kvm: '/dev/kvm', bootId: '/proc/sys/kernel/random/boot_id' };

/**
 * Whether guests of this host run under KVM. Neither `/dev/kvm` nor libvirt's capabilities are believed: inside many
 * virtual machines both promise KVM where no guest runs. On x86 missing `vmx` and `svm` flags decide at once; otherwise
 * the emulator is tried with one virtual processor, once per boot and emulator.
 *
 * Throws {@link DomainRuntimeError} `HOST_UNSUITABLE` when `kvm` is wanted and does not work.
 */
export async function chooseVirtType(options: VirtTypeOptions, paths: VirtTypeHost = host): Promise<VirtTypeChoice> {
  if (options.wanted === 'qemu') return { virtType: 'qemu', reason: 'asked for' };
  const obstacle = await findObstacle(options, paths);
  if (!obstacle) return { virtType: 'kvm', reason: 'a virtual processor ran under KVM' };
  if (options.wanted === 'auto') return { virtType: 'qemu', reason: obstacle };
  throw new DomainRuntimeError('HOST_UNSUITABLE', `This host runs no guests under KVM: ${obstacle}`, {
    fix: 'Use virtType "qemu" (slower), or "auto" to choose what works.',
    context: { arch: options.arch, obstacle },
  });
}

async function findObstacle(options: VirtTypeOptions, paths: VirtTypeHost): Promise<string | undefined> {
  const { arch, exec, cacheDirectory, signal } = options;
  if (isX86(arch) && !/^flags\s*:.*\b(?:vmx|svm)\b/m.test(await readFile(paths.cpuinfo, 'utf8')))
    return 'the processor shows neither vmx nor svm';
  if (!(await isUsable(paths.kvm))) return `${paths.kvm} is missing or not open to this user`;
  const bootId = (await readFile(paths.bootId, 'utf8')).trim();
  const known = await knownTrial(cacheDirectory, bootId);
  if (known) return known.obstacle;
  const emulator = await options.emulator();
  const { obstacle, isCertain } = await tryEmulator({ arch, emulator, exec, accel: 'kvm', signal });
  if (isCertain) await rememberTrial(cacheDirectory, { bootId, emulator, obstacle });
  return obstacle;
}

async function isUsable(device: string): Promise<boolean> {
  return access(device, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
}
