import type { Host } from '../host.ts';
import type { Check, Examination, Finding } from './finding.ts';

interface Program {
  /** The first of these that is there is taken. */
  readonly names: readonly string[];
  readonly purpose: string;
  readonly debian: string;
  /** Only what asks for it needs it. */
  readonly optional?: boolean;
  readonly version?: readonly string[];
}

const programs: readonly Program[] = [
  { names: ['qemu-img'], purpose: 'makes disks', debian: 'qemu-utils' },
  { names: ['genisoimage', 'mkisofs', 'xorrisofs'], purpose: 'makes config drives', debian: 'genisoimage' },
  { names: ['setpriv'], purpose: 'ends commands with us', debian: 'util-linux' },
  { names: ['prlimit'], purpose: 'gives commands their limits', debian: 'util-linux' },
  { names: ['flock'], purpose: 'locks', debian: 'util-linux' },
  { names: ['ip'], purpose: 'bridges, VLANs and macvtap', debian: 'iproute2', optional: true, version: ['-V'] },
  { names: ['ovs-vsctl'], purpose: 'networks of Open vSwitch', debian: 'openvswitch-switch', optional: true },
  { names: ['mkfs.ext4'], purpose: 'ephemeral disks', debian: 'e2fsprogs', optional: true, version: ['-V'] },
  { names: ['guestfish'], purpose: 'seed: injection', debian: 'libguestfs-tools', optional: true },
  { names: ['iscsiadm'], purpose: 'iSCSI volumes', debian: 'open-iscsi', optional: true },
  { names: ['cryptsetup'], purpose: 'encrypted volumes of the host', debian: 'cryptsetup-bin', optional: true },
];

/** The programs that are run, with their versions. */
export const examinePrograms: Check = ({ host, signal }) =>
  Promise.all(programs.map((program) => examineProgram(program, { host, signal })));

async function examineProgram(
  program: Program,
  { host, signal }: Pick<Examination, 'host' | 'signal'>,
): Promise<Omit<Finding, 'check'>> {
  const { names, purpose, debian, optional = false } = program;
  let reason: unknown;
  for (const name of names) {
    try {
      return { what: name, verdict: 'good', detail: await versionOf(host, name, program, signal) };
    } catch (error) {
      signal?.throwIfAborted();
      reason ??= error;
    }
  }
  const what = names[0] ?? '';
  const fix = `apt-get install ${debian}`;
  if (optional) return { what, verdict: 'absent', detail: `only for ${purpose}`, fix };
  return { what, verdict: 'missing', detail: `${purpose}; ${(reason as Error).message}`, fix };
}

async function versionOf(
  { exec }: Host,
  name: string,
  { version = ['--version'] }: Program,
  signal: AbortSignal | undefined,
): Promise<string> {
  const { stdout, stderr } = await exec(name, version, { signal, timeoutMs: 10_000 });
  return (stdout || stderr).split('\n')[0]?.trim() || 'installed';
}
