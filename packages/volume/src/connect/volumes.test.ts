import { describe, expect, test } from 'vitest';
import { aVolume } from '../../test/a-volume.ts';
import { passphrase, type RecorderOptions, recorderHost } from '../../test/doubles/recorder-host.ts';
import type { EncryptionMetadata } from './encryption-metadata.ts';
import type { VolumeRequest } from './volume-request.ts';

const id = '2a0a0f6c-babf-454d-b93e-9ac9957b95e0';
const connectionInfo = aVolume('iscsi', { volume_id: id }, id);
const plain: VolumeRequest = { connectionInfo, holder: 'first' };
const encryption = (provider: string): EncryptionMetadata => ({
  provider,
  controlLocation: 'front-end',
  encryptionKeyId: '11111111-2222-3333-4444-555555555555',
});
const luks: VolumeRequest = { ...plain, encryption: encryption('luks') };
const dmCrypt: VolumeRequest = { ...plain, encryption: encryption('luks2') };

describe('openVolumes', () => {
  test('connects a LUKS volume, gives libvirt its passphrase, and takes both back', async () => {
    await using host = await recorderHost();
    const before = await host.snapshot();
    const connected = await host.volumes.connect(luks);
    expect(connected.connectionInfo.data['device_path']).toBe('/dev/sdq');
    expect(connected.luksSecretUuid).toMatch(/^[0-9a-f-]{36}$/);
    expect([...host.secrets.values]).toEqual([[`volume ${id}`, passphrase]]);
    expect(host.steps).toEqual(['connect', 'find', 'key', 'isLuks', 'create']);
    await host.volumes.disconnect({ ...luks, connectionInfo: connected.connectionInfo });
    expect(await host.snapshot()).toEqual(before);
  });

  test('unlocks on the host what QEMU does not unlock, and locks it before disconnecting', async () => {
    await using host = await recorderHost();
    const connected = await host.volumes.connect(dmCrypt);
    expect(connected).toMatchObject({ unlockedPath: '/dev/mapper/unlocked' });
    await host.volumes.disconnect({ ...dmCrypt, connectionInfo: connected.connectionInfo });
    expect(host.steps).toEqual(['connect', 'find', 'key', 'attach', 'find', 'detach', 'disconnect']);
  });

  test('takes back what a crash left, by what was known before connecting', async () => {
    for (const request of [luks, dmCrypt]) {
      await using host = await recorderHost();
      const before = await host.snapshot();
      await host.volumes.connect(request);
      await host.volumes.disconnect(request);
      expect(await host.snapshot()).toEqual(before);
    }
  });

  test('never formats a volume that is not LUKS unless it is asked to, and disconnects it again', async () => {
    await using host = await recorderHost({ isLuks: false });
    const before = await host.snapshot();
    await expect(host.volumes.connect(luks)).rejects.toMatchObject({ code: 'NOT_LUKS', fix: expect.any(String) });
    expect(host.steps).not.toContain('format');
    expect(await host.snapshot()).toEqual(before);
  });

  test('formats a blank volume when it is asked to, and refuses one with data', async () => {
    await using blank = await recorderHost({ isLuks: false, format: 'when-blank' });
    await blank.volumes.connect(luks);
    expect(blank.steps).toContain('format');
    await using used = await recorderHost({ isLuks: false, isBlank: false, format: 'when-blank' });
    await expect(used.volumes.connect(luks)).rejects.toMatchObject({ code: 'NOT_BLANK' });
    expect(used.steps).not.toContain('format');
  });

  test('keeps volume and secret while another guest has them', async () => {
    await using host = await recorderHost();
    const before = await host.snapshot();
    await host.volumes.connect(luks);
    const second = { ...luks, holder: 'second' };
    expect((await host.volumes.connect(second)).luksSecretUuid).toBeDefined();
    await host.volumes.disconnect(luks);
    expect(host.steps).not.toContain('delete');
    expect(host.steps).not.toContain('disconnect');
    await host.volumes.disconnect(luks);
    await host.volumes.disconnect(second);
    expect(await host.snapshot()).toEqual(before);
  });

  test('keeps a secret that a domain uses, whoever holds the volume', async () => {
    await using host = await recorderHost();
    const { luksSecretUuid = '' } = await host.volumes.connect(luks);
    host.secrets.users.set(luksSecretUuid, ['a-domain-of-somebody-else']);
    await host.volumes.disconnect(luks);
    expect(host.secrets.values.size).toBe(1);
    expect(host.steps.at(-1)).toBe('disconnect');
  });

  test('keeps the secret of a guest that will be started again', async () => {
    await using host = await recorderHost();
    await host.volumes.connect(luks);
    await host.volumes.disconnect({ ...luks, destroySecrets: false });
    expect(host.secrets.values.size).toBe(1);
    expect(host.steps).not.toContain('delete');
  });

  test('does not take the connection of a running guest away when connecting again fails', async () => {
    let failing = false;
    await using host = await recorderHost({
      onStep(_, name) {
        if (failing && name === 'find') throw new Error('libvirt is away');
      },
    });
    await host.volumes.connect(plain);
    const connected = await host.snapshot();
    failing = true;
    await expect(host.volumes.connect(plain)).rejects.toThrow('libvirt is away');
    expect(await host.snapshot()).toEqual(connected);
  });

  test('reports the first error when taking back fails, too', async () => {
    await using host = await recorderHost({
      onStep(_, name) {
        if (name === 'key' || name === 'disconnect') throw new Error(`no ${name}`);
      },
    });
    await expect(host.volumes.connect(luks)).rejects.toThrow('no key');
  });

  test('refuses unknown types, types without connector, and holders that cannot name a file', async () => {
    await using host = await recorderHost();
    const of = (type: string) => aVolume(type, {}, id);
    expect(() => host.volumes.check(of('drbd'))).toThrow(expect.objectContaining({ code: 'VOLUME_TYPE_UNKNOWN' }));
    expect(() => host.volumes.check(of('toString'))).toThrow(expect.objectContaining({ code: 'VOLUME_TYPE_UNKNOWN' }));
    expect(() => host.volumes.check(of('rbd'))).toThrow(expect.objectContaining({ code: 'CONNECTOR_MISSING' }));
    await expect(host.volumes.connect({ ...plain, holder: '../x' })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    expect(host.steps).toEqual([]);
  });

  test('lets only one process at a time work on a volume', async () => {
    await using host = await recorderHost();
    const before = await host.snapshot();
    const requests = ['a', 'b', 'c', 'd'].map((holder) => ({ ...luks, holder }));
    await Promise.all(requests.map((request) => host.volumes.connect(request)));
    expect(host.steps.filter((step) => step === 'create')).toHaveLength(1);
    await Promise.all(requests.map((request) => host.volumes.disconnect(request)));
    expect(host.steps.filter((step) => step === 'disconnect')).toHaveLength(1);
    expect(await host.snapshot()).toEqual(before);
  });
});

/** A step fails, hangs until the caller's deadline, or the caller aborts. */
type Fault = 'error' | 'hang' | 'abort';
const faults: readonly Fault[] = ['error', 'hang', 'abort'];

describe('a fault at any step', () => {
  for (const [what, request] of Object.entries({ plain, luks, dmCrypt })) {
    test(`of connecting a volume (${what}) leaves the host as it was, and is what the caller sees`, async () => {
      for (const kind of faults) {
        const { connecting } = await stepsOf(request);
        for (let at = 0; at < connecting; at++) await connectWithFault(request, kind, at);
      }
    });

    test(`of disconnecting a volume (${what}) can be followed by another try`, async () => {
      for (const kind of faults) {
        const { connecting, all } = await stepsOf(request);
        for (let at = connecting; at < all; at++) await disconnectWithFault(request, kind, at);
      }
    });
  }
});

async function stepsOf(request: VolumeRequest): Promise<{ readonly connecting: number; readonly all: number }> {
  await using host = await recorderHost();
  const { connectionInfo: connected } = await host.volumes.connect(request);
  const connecting = host.steps.length;
  await host.volumes.disconnect({ ...request, connectionInfo: connected });
  return { connecting, all: host.steps.length };
}

async function connectWithFault(request: VolumeRequest, kind: Fault, at: number): Promise<void> {
  const abort = new AbortController();
  await using host = await recorderHost(faultAt(kind, at, abort));
  const before = await host.snapshot();
  await expect(host.volumes.connect(request, { signal: abort.signal })).rejects.toThrow('the fault');
  expect(await host.snapshot()).toEqual(before);
  await host.volumes.connect(request);
  await host.volumes.disconnect(request);
}

async function disconnectWithFault(request: VolumeRequest, kind: Fault, at: number): Promise<void> {
  const abort = new AbortController();
  await using host = await recorderHost(faultAt(kind, at, abort));
  const before = await host.snapshot();
  const { connectionInfo: connected } = await host.volumes.connect(request);
  const disconnect = { ...request, connectionInfo: connected };
  await expect(host.volumes.disconnect(disconnect, { signal: abort.signal })).rejects.toThrow('the fault');
  await host.volumes.disconnect(disconnect);
  expect(await host.snapshot()).toEqual(before);
}

function faultAt(kind: Fault, at: number, abort: AbortController): RecorderOptions {
  return {
    onStep(count, _, signal) {
      if (count !== at) return undefined;
      const fault = new Error('the fault');
      if (kind === 'hang') return hangs(signal, () => abort.abort(fault));
      if (kind === 'abort') abort.abort(fault);
      throw fault;
    },
  };
}

/** Ends by nothing but the signal, which a step must therefore have been given. */
function hangs(signal: AbortSignal | undefined, onHang: () => void): Promise<void> {
  return new Promise((_, reject) => {
    if (!signal) return reject(new Error('a step that hangs was given no signal'));
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    setTimeout(onHang, 1);
  });
}
