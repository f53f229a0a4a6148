import { DesignerError } from './errors.ts';
import type { GuestPolicy } from './guest-policy.ts';

/** Host architectures whose CPU models libvirt lists, so that names can be checked. */
const listedArchitectures: readonly string[] = ['i686', 'x86_64', 'ppc', 'ppc64', 'ppc64le'];

/**
 * The model of the mode `custom`: the first of the configuration that has every feature which the flavor's traits require.
 * Names are compared without case and answered in libvirt's spelling. Throws `CPU_MODEL_UNAVAILABLE`.
 */
export function cpuModel(policy: GuestPolicy): string | undefined {
  const models = policy.config.cpuModels.map((name) => spelled(policy, name));
  if (policy.arch === 'aarch64' && models.length === 0) return 'max';
  const required = requiredFeatures(policy.flavor.extraSpecs);
  if (required.length === 0) return models[0];
  const fitting = models.find((model) => required.every((feature) => featuresOf(policy, model).includes(feature)));
  if (fitting !== undefined) return fitting;
  throw new DesignerError(
    'CPU_MODEL_UNAVAILABLE',
    `None of the configured CPU models (${models.join(', ')}) has the features that the flavor requires: ${required.join(', ')}.`,
    { context: { models, required }, fix: 'Add a newer model to cpuModels, or take another flavor.' },
  );
}

function spelled({ host }: GuestPolicy, name: string): string {
  const known = host.cpuModelNames;
  if (known === undefined || !listedArchitectures.includes(host.arch)) return name;
  const model = known.find((one) => one.toLowerCase() === name.toLowerCase());
  if (model !== undefined) return model;
  const message = `The host has no CPU model "${name}".`;
  const fix = `Choose cpuModels among ${known.join(', ')}.`;
  throw new DesignerError('CPU_MODEL_UNAVAILABLE', message, { context: { model: name, arch: host.arch }, fix });
}

function featuresOf({ host }: GuestPolicy, model: string): readonly string[] {
  return host.cpuModelFeatures?.[model] ?? [];
}

/** Features behind `trait:HW_CPU_X86_AVX2=required`; traits of anything else are the scheduler's. */
function requiredFeatures(extraSpecs: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(extraSpecs)
    .filter(([key, value]) => /^trait\d*:/.test(key) && value === 'required')
    .map(([key]) => featureOfTrait[key.slice(key.indexOf(':') + 1)])
    .filter((feature) => feature !== undefined);
}

/** libvirt's feature by the name of the standard trait. */
const featureOfTrait: Readonly<Record<string, string>> = {
  HW_CPU_X86_3DNOW: '3dnow',
  HW_CPU_X86_ABM: 'abm',
  HW_CPU_X86_AESNI: 'aes',
  HW_CPU_X86_AVX: 'avx',
  HW_CPU_X86_AVX2: 'avx2',
  HW_CPU_X86_AVX512BW: 'avx512bw',
  HW_CPU_X86_AVX512CD: 'avx512cd',
  HW_CPU_X86_AVX512DQ: 'avx512dq',
  HW_CPU_X86_AVX512ER: 'avx512er',
  HW_CPU_X86_AVX512F: 'avx512f',
  HW_CPU_X86_AVX512PF: 'avx512pf',
  HW_CPU_X86_AVX512VL: 'avx512vl',
  HW_CPU_X86_AVX512VNNI: 'avx512vnni',
  HW_CPU_X86_AVX512VBMI: 'avx512vbmi',
  HW_CPU_X86_AVX512IFMA: 'avx512ifma',
  HW_CPU_X86_AVX512VBMI2: 'avx512vbmi2',
  HW_CPU_X86_AVX512BITALG: 'avx512bitalg',
  HW_CPU_X86_AVX512VAES: 'vaes',
  HW_CPU_X86_AVX512GFNI: 'gfni',
  HW_CPU_X86_AVX512VPCLMULQDQ: 'vpclmulqdq',
  HW_CPU_X86_AVX512VPOPCNTDQ: 'avx512-vpopcntdq',
  HW_CPU_X86_BMI: 'bmi1',
  HW_CPU_X86_BMI2: 'bmi2',
  HW_CPU_X86_CLMUL: 'pclmuldq',
  HW_CPU_X86_F16C: 'f16c',
  HW_CPU_X86_FMA3: 'fma',
  HW_CPU_X86_FMA4: 'fma4',
  HW_CPU_X86_MMX: 'mmx',
  HW_CPU_X86_MPX: 'mpx',
  HW_CPU_X86_SHA: 'sha-ni',
  HW_CPU_X86_SSE: 'sse',
  HW_CPU_X86_SSE2: 'sse2',
  HW_CPU_X86_SSE3: 'sse3',
  HW_CPU_X86_SSE41: 'sse4.1',
  HW_CPU_X86_SSE42: 'sse4.2',
  HW_CPU_X86_SSE4A: 'sse4a',
  HW_CPU_X86_SSSE3: 'ssse3',
  HW_CPU_X86_TBM: 'tbm',
  HW_CPU_X86_XOP: 'xop',
};
