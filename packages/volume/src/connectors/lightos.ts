import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ConnectionData, invalid, requiredText } from '../connection-data.ts';
import type { VolumeConnector } from '../connect/volume-connector.ts';
import type { DeviceHost, DeviceOptions } from '../device/device-host.ts';
import { openDeviceHost } from '../device/open-device-host.ts';
import { waitFor } from '../device/wait-for.ts';
import { VolumeError } from '../errors.ts';
import { failure } from '../failure.ts';

export interface LightosOptions extends DeviceOptions {
  /** Where the discovery client looks for targets. Default: `/etc/discovery-client/discovery.d`. */
  readonly discoveryPath?: string;
  /** NQN of this host; default: what the connection info says as `nqn`. */
  readonly hostNqn?: string;
}

/** LightOS volumes: a file tells the discovery client about the cluster, and the kernel shows the volume by its UUID. */
export function createLightosConnector(options: LightosOptions): VolumeConnector {
  const host = openDeviceHost(options);
  const { discoveryPath = '/etc/discovery-client/discovery.d' } = options;
  const fileOf = (data: ConnectionData) => join(discoveryPath, checkUuid(requiredText(data, 'uuid')));
  return {
    async connect(data, { signal }) {
      signal?.throwIfAborted();
      const uuid = checkUuid(requiredText(data, 'uuid'));
      const wasThere = (await deviceOf(host, uuid)) !== undefined;
      try {
        if (!wasThere) await publish(fileOf(data), targets(data, options.hostNqn ?? requiredText(data, 'nqn')));
        const path = await waitFor(host, () => deviceOf(host, uuid), signal);
        if (path === undefined) throw notFound(uuid);
        return { device_path: path };
      } catch (error) {
        if (!wasThere) await rm(fileOf(data), { force: true });
        throw failure('CONNECT_FAILED', `discover the LightOS volume ${uuid}`, error, signal);
      }
    },
    async disconnect(data, { signal }) {
      signal?.throwIfAborted();
      try {
        await rm(fileOf(data), { force: true });
      } catch (error) {
        throw failure('DISCONNECT_FAILED', `forget the LightOS volume ${requiredText(data, 'uuid')}`, error, signal);
      }
    },
  };
}

async function publish(path: string, text: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(`${path}.draft`, text, { mode: 0o600, flush: true });
  await rename(`${path}.draft`, path);
}

/** One line per node of the cluster, as the arguments of `nvme connect`. */
function targets(data: ConnectionData, hostNqn: string): string {
  const { lightos_nodes: nodes } = data;
  const list: readonly unknown[] = typeof nodes === 'object' && nodes !== null ? Object.values(nodes) : [];
  if (list.length === 0) throw invalid('lightos_nodes', nodes, 'the nodes of the cluster');
  const subsystem = checkWord('subsysnqn', requiredText(data, 'subsysnqn'));
  return list.map((node) => `${lineOf(node)} -q ${checkWord('nqn', hostNqn)} -n ${subsystem}\n`).join('');
}

function lineOf(node: unknown): string {
  const fields: ConnectionData =
    typeof node === 'object' && node !== null ? Object.fromEntries(Object.entries(node)) : {};
  const [transport, address, port] = ['transport_type', 'target_portal', 'target_port'].map((name) =>
    checkWord(name, requiredText(fields, name)),
  );
  return `-t ${transport} -a ${address} -s ${port}`;
}

async function deviceOf({ sysfs }: DeviceHost, uuid: string): Promise<string | undefined> {
  for (const name of await sysfs.list('class/block')) {
    if (!name.startsWith('nvme')) continue;
    if ((await sysfs.read(`class/block/${name}/wwid`))?.toLowerCase() === `uuid.${uuid}`) return `/dev/${name}`;
  }
  return undefined;
}

function checkUuid(uuid: string): string {
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(uuid)) return uuid.toLowerCase();
  throw invalid('uuid', uuid, 'a UUID');
}

function checkWord(field: string, word: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9.:_-]*$/.test(word)) return word;
  throw invalid(field, word, 'a word without blanks');
}

function notFound(uuid: string): VolumeError {
  return new VolumeError('DEVICE_NOT_FOUND', `The LightOS volume ${uuid} did not appear`, {
    context: { uuid },
    fix: 'See that the discovery client runs on this host, and that the cluster lets it in.',
  });
}
