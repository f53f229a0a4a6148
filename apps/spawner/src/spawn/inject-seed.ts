import { injectedNetworkTemplate, injectIntoGuest } from '@spawnkit/configdrive';
import type { Exec } from '@spawnkit/effects';
import type { DiskSource } from '@spawnkit/guest-designer';
import type { Host } from '../host.ts';
import type { SpawnRequest } from '../request/request.ts';

interface InjectOptions {
  /** The root disk, when it is one that was made for the instance. */
  readonly root: DiskSource | undefined;
  /** Where contents lie while they are copied. */
  readonly instancePath: string;
  readonly virtType: string;
  readonly exec: Exec;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes keys, network, metadata and files of a request into the guest's root disk, if that is how it learns what it is;
 * they go with the disk. A volume, or a disk that no path leads to, is left alone, with a warning, as in Nova. Throws what
 * `injectIntoGuest` throws.
 */
export async function injectSeed(host: Host, request: SpawnRequest, options: InjectOptions): Promise<void> {
  if (request.seed !== 'injection') return;
  const { root, instancePath, virtType, exec, signal } = options;
  const { instance, keys, files, networkInfo, name } = request;
  if (!root || root.type === 'network') {
    warn(host, `"${name}" is not told what it is: nothing is injected into ${root ? 'a network disk' : 'a volume'}`);
    return;
  }
  const report = await injectIntoGuest({
    disk: { path: root.path, format: root.type === 'file' && root.format === 'qcow2' ? 'qcow2' : 'raw', partition: -1 },
    contents: {
      key: keys.join('\n'),
      net: injectedNetworkTemplate(networkInfo, virtType),
      metadata: instance.metadata,
      files,
    },
    stagingDirectory: instancePath,
    environment: guestfsEnvironment(process.env),
    exec,
    signal,
  });
  for (const { item, error } of report.failures) warn(host, `"${name}": ${item} was not injected: ${error.message}`);
}

function warn({ onProgress }: Host, message: string): void {
  onProgress({ type: 'warning', message });
}

/** The variables by which libguestfs and supermin are told where their appliance and kernel are. */
function guestfsEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const known = Object.entries(env).filter(
    ([key, value]) => /^(?:LIBGUESTFS|SUPERMIN)_/.test(key) && value !== undefined,
  );
  return Object.fromEntries(known) as Record<string, string>;
}
