import { existsSync, mkdirSync } from 'node:fs';
import { EffectsError, type Exec, Secret } from '@spawnkit/effects';
import type { Encryptor, KeySource, Mount, SecretStore, VolumeConnector, VolumesOptions } from '../../src/index.ts';
import { VolumeError } from '../../src/index.ts';
import type { Constants, Step, VolumeInput } from './recorded-case.ts';
import { mountPointOf } from '../../src/mount/mount-point.ts';
import { encryptionIn, novaBase, revealed, unlike } from './recorded-forms.ts';

/** An error that a recorder raised and that only passes through. */
export class RecordedFault extends Error {}

/** The recorders in the place of the host: what they were asked to change stands in `steps`. */
export interface RecordedHost {
  readonly steps: Step[];
  readonly secrets: SecretStore;
  readonly secretsLeft: () => readonly string[];
  readonly keys: KeySource;
  readonly encryptor: Encryptor;
  readonly encryptionOf: NonNullable<VolumesOptions['encryptionOf']>;
  readonly exec: Exec;
  readonly mounts: () => Promise<readonly Mount[]>;
  readonly mountsLeft: () => readonly string[];
  connector(protocol: string): VolumeConnector;
  /** Notes directories below the base that came or went since the last look. */
  look(): void;
}

/** Recorders for one case. `base` is a real directory in the place of /var/lib/nova/mnt. */
export function recordedHost(input: VolumeInput, constants: Constants, base: string): RecordedHost {
  const steps: Step[] = [];
  const raise = (name: string) => {
    const fault = input.faults?.[name];
    if (fault?.raise === 'VolumeDeviceNotFound') throw new VolumeError('DEVICE_NOT_FOUND', 'recorded');
    if (fault) throw new RecordedFault(fault.raise);
  };
  const step = (name: string, argument: unknown) => {
    steps.push({ [name]: argument });
    raise(name);
  };
  const files = recordedMounts(input, base, steps);
  return {
    steps,
    ...recordedSecrets(input, constants, step, raise),
    keys: {
      async passphrase() {
        raise('key_manager.get');
        return new Secret(constants.key_bytes_hex);
      },
    },
    encryptor: recordedEncryptor(input, step, raise),
    async encryptionOf() {
      raise('volume_api.get_volume_encryption_metadata');
      // A caller that says there is none is not asked behind.
      return input.encryption ? undefined : encryptionIn(input.encryption_metadata);
    },
    ...files,
    connector: (protocol) => recordedConnector(protocol, input, constants, step),
  };
}

type Note = (name: string, argument: unknown) => void;

function recordedConnector(protocol: string, input: VolumeInput, constants: Constants, step: Note): VolumeConnector {
  const { path = constants.default_device_path, multipath_id: multipathId } = input.device_info ?? {};
  return {
    async connect(data) {
      step('connector.connect_volume', { protocol, connection_properties: revealed(data) });
      return { device_path: path, ...(multipathId === undefined ? {} : { multipath_id: multipathId }) };
    },
    async disconnect(data, { force = false }) {
      step('connector.disconnect_volume', { protocol, connection_properties: revealed(data), force });
    },
  };
}

function recordedSecrets(
  input: VolumeInput,
  { created_secret_uuid: uuid }: Constants,
  step: Note,
  raise: (name: string) => void,
) {
  const known = new Map(Object.entries(input.existing_secrets ?? {}));
  const secrets: SecretStore = {
    async find({ id }) {
      raise('host.find_secret');
      return known.get(id);
    },
    async create({ type, id }, value) {
      step('host.create_secret', { usage_type: type, usage_id: id, password: value.reveal() });
      known.set(id, uuid);
      return uuid;
    },
    async delete({ type, id }) {
      step('host.delete_secret', { usage_type: type, usage_id: id });
      known.delete(id);
    },
    usersOf: async () => [],
  };
  return { secrets, secretsLeft: () => [...known.keys()] };
}

function recordedEncryptor(input: VolumeInput, step: Note, raise: (name: string) => void): Encryptor {
  const metadata = input.encryption ?? input.encryption_metadata;
  return {
    async isLuks() {
      raise('is_luks');
      return input.device_is_luks ?? true;
    },
    isBlank: async () => true,
    async format({ format }, passphrase) {
      step('encryptor.format_volume', { encryptor: format, passphrase: passphrase.reveal(), metadata });
    },
    async attach({ format, path }) {
      step('encryptor.attach_volume', { encryptor: format, metadata });
      return path;
    },
    async detach({ format }) {
      step('encryptor.detach_volume', { encryptor: format, metadata });
    },
  };
}

/** Commands that mount and unmount change a table; directories are real, and looked at around each command. */
function recordedMounts(input: VolumeInput, base: string, steps: Step[]) {
  const table: Mount[] = listOf(input.existing_mounts).flatMap((one) =>
    existingMount(one, base, input.connection_info['driver_volume_type']),
  );
  const directories = new Set<string>(table.map(({ mountPoint }) => mountPoint));
  for (const path of directories) mkdirSync(path, { recursive: true });
  const look = (path?: string) => {
    if (path !== undefined && existsSync(path) && !directories.has(path)) {
      directories.add(path);
      steps.push({ mkdir_p: unlike(path, base) });
    }
    for (const known of directories) {
      if (existsSync(known)) continue;
      directories.delete(known);
      steps.push({ rmdir: unlike(known, base) });
    }
  };
  const exec: Exec = async (file, args, options = {}) => {
    const mountPoint = args.find((word) => word.startsWith(base)) ?? '';
    look(mountPoint);
    const { input: given } = options;
    const password = given instanceof Secret && options.env?.['PASSWD_FD'] === '0' ? given.reveal() : undefined;
    const asSeen = args.map((word, index) =>
      password !== undefined && args[index - 1] === '-o' ? `${word},password=${password}` : word,
    );
    if (args.some((word) => /pass(?:word)?=/.test(word))) throw new Error('a password is an argument of a command');
    steps.push({ execute: [file, ...asSeen].map((word) => unlike(word, base)) });
    const fault = input.faults?.[`execute:${file}`];
    if (fault)
      throw new EffectsError('EXEC_FAILED', 'recorded', { file, args, exitCode: 1, stderr: fault.stderr ?? '' });
    if (file !== 'umount') table.push({ mountPoint, type: 'recorded', source: sourceOf(file, args, mountPoint) });
    else
      table.splice(
        table.findIndex((one) => one.mountPoint === mountPoint),
        1,
      );
    return { stdout: '', stderr: '', exitCode: 0 };
  };
  return {
    exec,
    look: () => look(),
    mounts: async () => table,
    mountsLeft: () => table.map(({ mountPoint }) => unlike(mountPoint, base)),
  };
}

function sourceOf(file: string, args: readonly string[], mountPoint: string): string {
  const exported = args[args.indexOf(mountPoint) - 1] ?? '';
  return [file, ...args].includes('mount.quobyte') ? `quobyte@${exported}` : exported;
}

/** The recording may say the path, the source, or both, in any form. */
function existingMount(one: unknown, base: string, type: unknown): readonly Mount[] {
  const texts = textsIn(one);
  const source = texts.find((text) => !text.startsWith(novaBase)) ?? `${type === 'quobyte' ? 'quobyte@' : ''}recorded`;
  const mountPoint =
    texts.find((text) => text.startsWith(novaBase))?.replace(novaBase, base) ?? mountPointOf(base, source);
  return [{ mountPoint, type: 'recorded', source }];
}

/** The entries of a list, or of a map. */
function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
