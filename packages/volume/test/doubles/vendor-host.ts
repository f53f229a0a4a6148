import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Exec } from '@spawnkit/effects';
import { aVolume } from '../a-volume.ts';
import { type HostDirectory, hostDirectory } from './host-directory.ts';
import { attribute } from './scsi-host.ts';

/** A host with the clients of StorPool, ScaleIO and LightOS, over plain files. */
export interface VendorHost extends HostDirectory {
  readonly exec: Exec;
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  readonly sysPath: string;
  readonly devicesPath: string;
  readonly discoveryPath: string;
  readonly volumes: Readonly<Record<'storpool' | 'scaleio' | 'lightos', ReturnType<typeof aVolume>>>;
  snapshot(): Promise<unknown>;
}

const uuid = '2a0a0f6c-babf-454d-b93e-9ac9957b95e0';

export async function vendorHost(): Promise<VendorHost> {
  const directory = await hostDirectory();
  const at = (name: string) => join(directory.path, name);
  const [sysPath, devicesPath, discoveryPath] = [at('sys'), at('dev'), at('discovery.d')];
  await Promise.all([devicesPath, discoveryPath].map((path) => mkdir(path)));
  const exec: Exec = async (file, args, options = {}) => {
    options.signal?.throwIfAborted();
    const device = join(devicesPath, args[2] ?? '');
    if (file === 'storpool' && args[0] === 'attach') await writeFile(device, '');
    if (file === 'storpool' && args[0] === 'detach') await rm(device, { force: true });
    return { stdout: 'a-guid\n', stderr: '', exitCode: 0 };
  };
  const send: typeof fetch = async (url, init) => {
    init?.signal?.throwIfAborted();
    const device = join(devicesPath, 'emc-vol-mdm-abc');
    if (typeof url === 'string' && url.endsWith('addMappedSdc')) await writeFile(device, '');
    else await rm(device, { force: true });
    return new Response('{}');
  };
  const settle = () => discover(discoveryPath, join(sysPath, 'class/block/nvme7n1'));
  return {
    ...directory,
    exec,
    fetch: send,
    sysPath,
    devicesPath,
    discoveryPath,
    clock: { now: () => 0, monotonicMs: () => 0, sleep: settle },
    volumes: {
      storpool: aVolume('storpool', { volume: uuid, client_id: 1, access_mode: 'rw' }),
      scaleio: aVolume('scaleio', { scaleIO_volume_id: 'abc', serverIP: '10.1.1.1', serverToken: 's3cret' }),
      lightos: aVolume('lightos', {
        uuid,
        nqn: 'nqn.lightos',
        subsysnqn: 'nqn.l',
        lightos_nodes: { one: { target_portal: '10.0.0.9', target_port: 4420, transport_type: 'tcp' } },
      }),
    },
    async snapshot() {
      await settle();
      return (await directory.tree('sys', 'dev', 'discovery.d')).filter(
        (path) => !/^sys\/class(?:\/block)?$/.test(path),
      );
    },
  };
}

/** What the discovery client does: a file there makes a device here. */
async function discover(discoveryPath: string, device: string): Promise<void> {
  const files = await readdir(discoveryPath);
  const texts = await Promise.all(files.map((name) => readFile(join(discoveryPath, name), 'utf8')));
  if (texts.some((text) => text.startsWith('-t tcp -a 10.0.0.9 -s 4420 -q nqn.lightos -n nqn.l'))) {
    await attribute(join(device, 'wwid'), `uuid.${uuid}`);
  } else if (existsSync(device)) await rm(device, { recursive: true });
}
