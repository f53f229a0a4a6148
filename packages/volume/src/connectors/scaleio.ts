import { readdir } from 'node:fs/promises';
import { Secret } from '@spawnkit/effects';
import {
  type ConnectionData,
  invalid,
  optionalCount,
  optionalText,
  requiredText,
  secretOf,
} from '../connection-data.ts';
import type { VolumeConnector } from '../connect/volume-connector.ts';
import type { DeviceOptions } from '../device/device-host.ts';
import { openDeviceHost } from '../device/open-device-host.ts';
import { waitFor } from '../device/wait-for.ts';
import { VolumeError } from '../errors.ts';
import { failure } from '../failure.ts';

export interface ScaleioOptions extends DeviceOptions {
  /** Asks the gateway. Default: Node's. */
  readonly fetch?: typeof fetch;
  /** The client's own program. */
  readonly drvCfg?: string;
  /** Where its devices have names. Default: `/dev/disk/by-id`. */
  readonly devicesPath?: string;
}

/** ScaleIO (PowerFlex) volumes: the gateway maps a volume to this host's client, which shows it as a device. */
export function createScaleioConnector(options: ScaleioOptions): VolumeConnector {
  const host = openDeviceHost(options);
  const { devicesPath = '/dev/disk/by-id', drvCfg = '/opt/emc/scaleio/sdc/bin/drv_cfg' } = options;
  const gateway = { fetch: options.fetch ?? fetch, timeoutMs: host.timeoutMs };
  const guidOf = async (signal: AbortSignal | undefined) =>
    (await host.exec(drvCfg, ['--query_guid'], { signal, timeoutMs: host.timeoutMs })).stdout.trim();
  const map = async (data: ConnectionData, signal: AbortSignal | undefined) => {
    const body = { guid: await guidOf(signal), allowMultipleMappings: 'TRUE' };
    await postAction(gateway, data, { code: 'CONNECT_FAILED', action: 'addMappedSdc', body, signal });
  };
  const unmap = async (data: ConnectionData, signal: AbortSignal | undefined) => {
    const body = { guid: await guidOf(signal) };
    await postAction(gateway, data, { code: 'DISCONNECT_FAILED', action: 'removeMappedSdc', body, signal });
  };
  return {
    async connect(data, { signal }) {
      signal?.throwIfAborted();
      const id = volumeId(data);
      const wasThere = (await deviceOf(devicesPath, id)) !== undefined;
      try {
        if (!wasThere) await map(data, signal);
        const path = await waitFor(host, () => deviceOf(devicesPath, id), signal);
        if (path === undefined) throw notFound(id);
        return { device_path: path };
      } catch (error) {
        if (!wasThere)
          await unmap(data, undefined).catch(() => host.log.warn('a ScaleIO volume could not be unmapped', { id }));
        throw failure('CONNECT_FAILED', `map the ScaleIO volume ${id}`, error, signal);
      }
    },
    async disconnect(data, { signal }) {
      signal?.throwIfAborted();
      const id = volumeId(data);
      if ((await deviceOf(devicesPath, id)) === undefined) return;
      try {
        await unmap(data, signal);
      } catch (error) {
        throw failure('DISCONNECT_FAILED', `unmap the ScaleIO volume ${id}`, error, signal);
      }
    },
  };
}

interface Gateway {
  readonly fetch: typeof fetch;
  readonly timeoutMs: number;
}

interface GatewayAction {
  readonly code: 'CONNECT_FAILED' | 'DISCONNECT_FAILED';
  readonly action: string;
  readonly body: object;
  readonly signal: AbortSignal | undefined;
}

async function postAction(
  { fetch: send, timeoutMs }: Gateway,
  data: ConnectionData,
  { code, action, body, signal }: GatewayAction,
): Promise<void> {
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    const response = await send(actionUrl(data, action), {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: authorization(data) },
      body: JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
    });
    if (!response.ok) throw new Error(`it answered ${response.status}`);
  } catch (cause) {
    signal?.throwIfAborted();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new VolumeError(code, `The ScaleIO gateway did not do ${action}: ${why}`, {
      cause,
      context: { action },
      fix: 'See that the token in the connection info is still good, and that the gateway knows this host.',
    });
  }
}

function actionUrl(data: ConnectionData, action: string): string {
  const host = requiredText(data, 'serverIP');
  if (!/^[A-Za-z0-9.:-]+$/.test(host)) throw invalid('serverIP', host, 'an address');
  const authority = `${host.includes(':') ? `[${host}]` : host}:${optionalCount(data, 'serverPort', 65_535) ?? 443}`;
  return `https://${authority}/api/instances/Volume::${volumeId(data)}/action/${action}`;
}

function authorization(data: ConnectionData): string {
  const secret = secretOf(data, 'serverToken') ?? secretOf(data, 'serverPassword') ?? new Secret('');
  const credentials = `${optionalText(data, 'serverUsername') ?? ''}:${secret.reveal()}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

async function deviceOf(devicesPath: string, id: string): Promise<string | undefined> {
  const names = await readdir(devicesPath).catch(() => []);
  const name = names.find((one) => one.startsWith('emc-vol-') && one.endsWith(`-${id}`));
  return name === undefined ? undefined : `${devicesPath}/${name}`;
}

function volumeId(data: ConnectionData): string {
  const id = requiredText(data, 'scaleIO_volume_id');
  if (/^[A-Za-z0-9]+$/.test(id)) return id;
  throw invalid('scaleIO_volume_id', id, 'letters and digits');
}

function notFound(id: string): VolumeError {
  return new VolumeError('DEVICE_NOT_FOUND', `The ScaleIO volume ${id} did not appear`, {
    context: { id },
    fix: 'Look at the ScaleIO client (SDC) of this host.',
  });
}
