import { Secret } from '@spawnkit/effects';
import { type ConnectionData, type EncryptionMetadata, readEncryptionMetadata } from '../../src/index.ts';
import type { Json, Step } from './recorded-case.ts';

/** Where Nova mounts. */
export const novaBase = '/var/lib/nova/mnt';

/** Connection data as the recording has them: secrets in the open. */
export function revealed(data: ConnectionData): Json {
  const plain = Object.entries(data).map(([key, value]) => [key, value instanceof Secret ? value.reveal() : value]);
  return Object.fromEntries(plain) as Json;
}

/** Recorded metadata; empty ones mean that there is no encryption. */
export function encryptionIn(metadata: Json | undefined): EncryptionMetadata | undefined {
  return metadata && Object.keys(metadata).length > 0 ? readEncryptionMetadata(metadata) : undefined;
}

/** Text with Nova's directory of mount points in the place of the test's. */
export function unlike(text: string, base: string): string {
  return text.replaceAll(base, novaBase);
}

/** Steps that change the host, of a recorded trace. What is only asked, and how a connector is made, does not count. */
export function mutatingSteps(trace: readonly Step[] = []): readonly Step[] {
  return trace.filter((step) => Object.keys(step).some(isMutating)).map(withoutHandles);
}

function isMutating(name: string): boolean {
  const changes = ['connect_volume', 'disconnect_volume', 'create_secret', 'delete_secret', 'format_volume'];
  const others = ['encryptor.attach_volume', 'encryptor.detach_volume', 'execute', 'mkdir_p', 'rmdir'];
  return others.includes(name) || changes.includes(name.split('.').at(-1) ?? '');
}

/** os-brick's `device_info` is another form of the connection properties. */
function withoutHandles(step: Step): Step {
  const entries = Object.entries(step).map(([name, argument]) => {
    if (typeof argument !== 'object' || argument === null || Array.isArray(argument)) return [name, argument];
    return [name, Object.fromEntries(Object.entries(argument).filter(([key]) => key !== 'device_info'))];
  });
  return Object.fromEntries(entries) as Step;
}
