import { access } from 'node:fs/promises';
import { type ConnectionData, invalid, optionalText, requiredText } from '../connection-data.ts';
import type { VolumeConnector } from '../connect/volume-connector.ts';
import type { DeviceOptions } from '../device/device-host.ts';
import { openDeviceHost } from '../device/open-device-host.ts';
import { waitFor } from '../device/wait-for.ts';
import { VolumeError } from '../errors.ts';
import { failure } from '../failure.ts';

export interface StorpoolOptions extends DeviceOptions {
  /** Where its devices have names. Default: `/dev/storpool`. */
  readonly devicesPath?: string;
}

/** StorPool volumes, by its own command line. Attaching a volume that is attached changes nothing. */
export function createStorpoolConnector(options: StorpoolOptions): VolumeConnector {
  const host = openDeviceHost(options);
  const { devicesPath = '/dev/storpool' } = options;
  const run = (args: readonly string[], signal: AbortSignal | undefined) =>
    host.exec('storpool', args, { signal, timeoutMs: host.timeoutMs });
  const detach = (name: string, force: boolean, signal?: AbortSignal) =>
    run(['detach', 'volume', name, 'here', ...(force ? ['force', 'yes'] : [])], signal);
  return {
    async connect(data, { signal }) {
      signal?.throwIfAborted();
      const name = volumeName(data);
      const path = `${devicesPath}/${name}`;
      const wasThere = await exists(path);
      try {
        const mode = optionalText(data, 'access_mode') === 'ro' ? 'ro' : 'rw';
        await run(['attach', 'volume', name, 'here', 'mode', mode], signal);
        const found = await waitFor(host, async () => ((await exists(path)) ? path : undefined), signal);
        if (found === undefined) throw notFound(path);
        return { device_path: found };
      } catch (error) {
        if (!wasThere)
          await detach(name, true).catch(() => host.log.warn('a StorPool volume could not be detached', { name }));
        throw failure('CONNECT_FAILED', `attach the StorPool volume "${name}"`, error, signal);
      }
    },
    async disconnect(data, { force = false, signal }) {
      signal?.throwIfAborted();
      const name = volumeName(data);
      if (!(await exists(`${devicesPath}/${name}`))) return;
      try {
        await detach(name, force, signal);
      } catch (error) {
        throw failure('DISCONNECT_FAILED', `detach the StorPool volume "${name}"`, error, signal);
      }
    },
  };
}

function volumeName(data: ConnectionData): string {
  const name = requiredText(data, 'volume');
  if (/^[A-Za-z0-9][A-Za-z0-9._:-]*$/.test(name)) return name;
  throw invalid('volume', name, 'letters, digits, dots, colons, dashes and underscores');
}

function notFound(path: string): VolumeError {
  return new VolumeError('DEVICE_NOT_FOUND', `"${path}" did not appear after attaching`, {
    context: { path },
    fix: 'Look at the storpool_block service of this host.',
  });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
