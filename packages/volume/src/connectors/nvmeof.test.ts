import { describe, expect, test } from 'vitest';
import { nvmeHost } from '../../test/doubles/nvme-host.ts';
import { createNvmeConnector } from './nvmeof.ts';
import { nvmeTarget } from './nvme-target.ts';

const uuids = ['2a0a0f6c-babf-454d-b93e-9ac9957b95e0', '77777777-babf-454d-b93e-9ac9957b95e0'];
const nqn = 'nqn.2014-08.org:nvme:1';
const portals = [
  ['10.0.0.7', '4420', 'tcp'],
  ['10.0.0.8', 4420, 'RoCEv2'],
];

describe('createNvmeConnector', () => {
  test('takes the portal that answers, and the namespace that is meant', async () => {
    await using host = await nvmeHost({ uuids, addresses: ['10.0.0.8'] });
    const connector = createNvmeConnector({ ...host, scanAttempts: 1 });
    const found = await connector.connect({ target_nqn: nqn, portals, vol_uuid: uuids[1] }, { volumeKey: 'one' });
    expect(found).toEqual({ device_path: '/dev/nvme0n2' });
  });

  test('guesses no namespace among several', async () => {
    await using host = await nvmeHost({ uuids, addresses: ['10.0.0.8'] });
    const connector = createNvmeConnector({ ...host, scanAttempts: 1 });
    const before = await host.snapshot();
    const connecting = connector.connect({ target_nqn: nqn, portals }, { volumeKey: 'one' });
    await expect(connecting).rejects.toMatchObject({ code: 'DEVICE_NOT_FOUND' });
    expect(await host.snapshot()).toEqual(before);
  });
});

describe('nvmeTarget', () => {
  test('reads the older form, with one portal', () => {
    const data = { nqn, target_portal: '10.0.0.7', target_port: '4420', transport_type: 'tcp' };
    expect(nvmeTarget(data)).toMatchObject({ nqn, portals: [{ transport: 'tcp', address: '10.0.0.7', port: '4420' }] });
  });

  test.each([
    { nqn: '-x', portals },
    { nqn, portals: [['-a', '1', 'tcp']] },
    { nqn, portals: [['a', 'x', 'tcp']] },
    { nqn, portals: [['a', '1', 'pci']] },
    { nqn, portals: [7] },
  ])('refuses %j', (data) => {
    expect(() => nvmeTarget(data)).toThrow(expect.objectContaining({ code: 'INVALID_CONNECTION_INFO' }));
  });
});
