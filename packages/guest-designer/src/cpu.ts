import type { Cpu, CpuFeature, Numa } from '@spawnkit/guest-config';
import { cpuModel } from './cpu-model.ts';
import { cpuTopology } from './cpu-topology.ts';
import { type GuestPolicy, isEmulated, isQemu, isX86 } from './guest-policy.ts';

/** Models that stand for an emulated architecture; those of PCs are the same for both of their architectures. */
const emulatedModels: Readonly<Record<string, string>> = { aarch64: 'cortex-a57', ppc64le: 'POWER8' };

/**
 * The guest's CPU: mode, model, flags and topology; undefined where libvirt should choose. Follows Nova's
 * `_get_guest_cpu_config`. Throws as {@link cpuTopology} and {@link cpuModel}.
 */
export function guestCpu(policy: GuestPolicy, numa: Numa | undefined): Cpu | undefined {
  const mode = cpuMode(policy);
  if (!isQemu(policy) && (mode === undefined || mode === 'none')) return undefined;
  // QEMU has no models to choose from here.
  if (isEmulated(policy) && policy.arch === 'mipsel') return undefined;
  const chosen = modeAndModel(policy, mode);
  // libvirt refuses features of no model.
  const hasModel = chosen.mode !== undefined || chosen.model !== undefined;
  const features = hasModel ? extraFeatures(policy.config.cpuModelExtraFlags) : [];
  return { ...chosen, match: 'exact', topology: cpuTopology(policy), features, numa };
}

function cpuMode({ config, arch }: GuestPolicy) {
  if (config.cpuMode !== undefined || config.virtType === 'lxc') return config.cpuMode;
  // libvirt cannot tell models of ARM CPUs.
  return arch === 'aarch64' ? 'host-passthrough' : 'host-model';
}

function modeAndModel(policy: GuestPolicy, mode: ReturnType<typeof cpuMode>): Pick<Cpu, 'mode' | 'model'> {
  if (mode === 'none' && !isEmulated(policy)) return {};
  const configured = mode === 'custom' ? cpuModel(policy) : undefined;
  if (!isEmulated(policy)) return { mode, ...modelNamed(configured) };
  return modelNamed(isX86(policy) && isX86(policy.host) ? configured : emulatedModels[policy.arch]);
}

function modelNamed(name: string | undefined): Pick<Cpu, 'model'> {
  return name === undefined ? {} : { model: { value: name } };
}

/** `-mtrr` disables; `ssse3` and `+ssse3` require. */
function extraFeatures(flags: readonly string[]): readonly CpuFeature[] {
  const policies = new Map<string, 'disable' | 'require'>();
  for (const flag of flags.map((one) => one.toLowerCase())) {
    if (flag.startsWith('-')) policies.set(flag.replace(/^-+/, ''), 'disable');
    else policies.set(flag.replace(/^\++/, ''), 'require');
  }
  const features = [...policies].map(([name, policy]) => ({ name, policy }));
  return features.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
