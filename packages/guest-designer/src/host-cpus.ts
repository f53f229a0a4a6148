import { DesignerError } from './errors.ts';
import type { GuestPolicy } from './guest-policy.ts';

/** Host CPUs that floating vCPUs share; undefined leaves them all to the kernel. Throws `HOST_CPUS_INVALID`. */
export function sharedCpus({ config, host }: GuestPolicy): readonly number[] | undefined {
  const { cpuSharedSet: shared } = config;
  if (!shared) return undefined;
  const offline = shared.filter((cpu) => !host.onlineCpus.includes(cpu));
  if (offline.length === 0 && shared.length > 0) return shared;
  const message = `The CPUs ${offline.join(', ') || '(none)'} of cpuSharedSet are not online.`;
  throw new DesignerError('HOST_CPUS_INVALID', message, {
    context: { shared, online: host.onlineCpus },
    fix: 'Correct cpuSharedSet, or bring the CPUs online.',
  });
}

/** Host CPUs of one NUMA cell that floating vCPUs of a guest placed there may use. */
export function sharedCpusOfCell(policy: GuestPolicy, cellCpus: readonly number[]): readonly number[] {
  const { config, host } = policy;
  const available = sharedCpus(policy) ?? (config.cpuDedicatedSet?.length ? [] : host.onlineCpus);
  return cellCpus.filter((cpu) => available.includes(cpu));
}

/** Whether libvirt can place a guest's memory and CPUs on NUMA cells of this host. */
export function hasNumaSupport({ config, host }: GuestPolicy): boolean {
  const isQemuHost = config.virtType !== 'lxc' && ['i686', 'x86_64', 'aarch64'].includes(host.arch);
  return isQemuHost || host.arch === 'ppc64' || host.arch === 'ppc64le';
}
