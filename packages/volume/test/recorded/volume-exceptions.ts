import type { Constants, Step, VolumeCase, VolumeInput } from './recorded-case.ts';
import type { PhaseOutcome, VolumeOutcome } from './recorded-outcome.ts';

/** Where we differ from Nova on purpose; each asks whether a case is of its kind, and asserts our own, better outcome. */
const rules: readonly ExceptionRule[] = [
  {
    name: 'each attachment counts: a share stays until the last one is disconnected',
    applies: ({ input }) =>
      count(input.phases, 'connect') > count(input.phases, 'disconnect') && count(input.phases, 'disconnect') > 0,
    holds: ({ phases, mountsLeft }) => phases['disconnect']?.error === undefined && mountsLeft.length === 1,
  },
  {
    name: 'a mount that is not what was asked for is refused, unmounted, and leaves nothing',
    applies: ({ input }) => (input.mount_st_size ?? 0) !== 0,
    holds: ({ phases, mountsLeft }) => phases['connect']?.error === 'MOUNT_INVALID' && mountsLeft.length === 0,
  },
  {
    name: 'a volume that has no LUKS header is not formatted without being asked, and is disconnected again',
    applies: ({ input }) => input.device_is_luks === false,
    holds: ({ phases, secretsLeft }) =>
      phases['connect']?.error === 'NOT_LUKS' &&
      secretsLeft.length === 0 &&
      !hasStep(phases['connect'], 'encryptor.format_volume'),
  },
  {
    name: 'the first error is the one that is reported, not that of the roll-back',
    applies: ({ input }) =>
      'connector.disconnect_volume' in (input.faults ?? {}) && Object.keys(input.faults ?? {}).length > 1,
    holds({ phases }, { input }) {
      const first = Object.entries(input.faults ?? {}).find(([name]) => name !== 'connector.disconnect_volume')?.[1]
        .raise;
      return phases['connect']?.error === first && hasStep(phases['connect'], 'connector.disconnect_volume');
    },
  },
  {
    name: 'a mount that fails is reported as it is, and leaves no mount point',
    applies: ({ input }) => Object.keys(input.faults ?? {}).some((name) => /^execute:(?!umount)/.test(name)),
    holds: ({ phases, mountsLeft }) =>
      phases['connect']?.error === 'ProcessExecutionError' &&
      mountsLeft.length === 0 &&
      hasStep(phases['connect'], 'rmdir'),
  },
  {
    name: 'an unmount that fails is told, unless somebody else is busy there',
    applies: ({ input }) => 'execute:umount' in (input.faults ?? {}),
    holds: ({ phases, mountsLeft }) =>
      phases['disconnect']?.error === 'ProcessExecutionError' && mountsLeft.length === 1,
  },
  {
    name: 'sizes of blocks may be numbers',
    applies: ({ input }) =>
      Object.values(recordOf(input.connection_info['data'])).some((value) => value === 512 || value === 4096),
    holds: ({ phases }) =>
      /logical_block_size="(?:512|4096)"|physical_block_size="(?:512|4096)"/.test(phases['config']?.xml ?? ''),
  },
  {
    name: 'an error of libvirt does not mean that there is no secret',
    applies: ({ input }) => 'host.find_secret' in (input.faults ?? {}),
    holds: ({ phases }) => phases['connect']?.error !== undefined,
  },
  {
    name: 'what was mounted before is used and left',
    applies: ({ input }) => input.existing_mounts !== undefined,
    holds: ({ phases, mountsLeft }) =>
      Object.values(phases).every(({ error }) => error === undefined) && mountsLeft.length > 0,
  },
  {
    name: 'who else has a volume is known on this host, and the volume service is not asked',
    applies: ({ input }) => 'volume_api.get' in (input.faults ?? {}),
    holds: ({ phases }) => phases['disconnect']?.error === undefined,
  },
  {
    name: 'half of a user and secret is refused',
    applies: ({ input }) => input.connection_info['driver_volume_type'] === 'rbd',
    holds: ({ phases }, { input }) => phases['config']?.error === 'KeyError' && !hasCredentials(input),
  },
  {
    name: 'secrets and shares that two guests use go with the second one',
    applies: ({ input }) => (input.phases ?? []).includes('connect2') || (input.volume_attached_to ?? []).length > 1,
    holds: ({ phases }) => phases['disconnect']?.error === undefined && phases['disconnect']?.steps.length === 0,
  },
];

interface ExceptionRule {
  readonly name: string;
  applies(one: VolumeCase): boolean;
  holds(outcome: VolumeOutcome, one: VolumeCase, constants: Constants): boolean;
}

/** The rule by which a case may differ from the recording, if our own, better outcome is there. */
export function volumeException(one: VolumeCase, outcome: VolumeOutcome, constants: Constants): string | undefined {
  return rules.find((rule) => rule.applies(one) && rule.holds(outcome, one, constants))?.name;
}

function hasStep(phase: PhaseOutcome | undefined, name: string): boolean {
  return (phase?.steps ?? []).some((step: Step) => name in step);
}

function count(phases: readonly string[] | undefined, name: string): number {
  return (phases ?? []).filter((one) => one === name).length;
}

/** Whether the connection info or the local configuration has both a user and a secret. */
function hasCredentials({ connection_info: info, config = {} }: VolumeInput): boolean {
  const { auth_username: user, secret_uuid: secret } = recordOf(info['data']);
  return Boolean((user && secret) || (config['libvirt.rbd_user'] && config['libvirt.rbd_secret_uuid']));
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
