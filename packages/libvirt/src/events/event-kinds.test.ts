import { expect, test } from 'vitest';
import { connect } from '../connect.ts';
import { uuidBytes } from '../objects/uuid.ts';
import { type EventBody, fakeDaemon } from '../testing/index.ts';
import type { eventMessages } from '../testing/registrations.ts';
import type { DomainEvents } from './domain-event-shapes.ts';
import type { EventKinds } from './event-kinds.ts';

const uuid = '01234567-89ab-cdef-0123-456789abcdef';
const dom = { name: 'web', uuid: uuidBytes(uuid), id: 3 };
const domain = { name: 'web', uuid, id: 3 };
const named = { name: 'default', uuid: uuidBytes(uuid) };
const namedRef = { name: 'default', uuid };
const secret = { uuid: uuidBytes(uuid), usageType: 2, usageID: 'client.nova' };
const secretRef = { uuid, usageType: 'CEPH', usageId: 'client.nova' } as const;

type Messages = typeof eventMessages;
/** For each kind of event what a daemon sends, and what callers see. */
type Samples = {
  readonly [Of in keyof EventKinds]: {
    readonly [Kind in keyof EventKinds[Of]]: Kind extends keyof Messages[Of]
      ? readonly [EventBody<Of, Kind>, EventKinds[Of][Kind]]
      : never;
  };
};

const ioError = { dom, srcPath: '/disk', devAlias: 'virtio-disk0', action: 1 };
const seenIoError = { domain, path: '/disk', alias: 'virtio-disk0', action: 'PAUSE' } as const;
const onlyDomain = [{ msg: { dom } }, { domain }] as const;

const domainSamples: Samples['domain'] = {
  lifecycle: [{ msg: { dom, event: 8, detail: 0 } }, { domain, event: 'CRASHED', detail: 'PANICKED' }],
  reboot: onlyDomain,
  rtcChange: [{ msg: { dom, offset: -5n } }, { domain, offsetSeconds: -5n }],
  watchdog: [{ msg: { dom, action: 2 } }, { domain, action: 'RESET' }],
  ioError: [{ msg: ioError }, seenIoError],
  ioErrorReason: [{ msg: { ...ioError, reason: 'enospc' } }, { ...seenIoError, reason: 'enospc' }],
  graphics: [
    {
      msg: {
        dom,
        phase: 0,
        local: { family: 0, node: '127.0.0.1', service: '5900' },
        remote: { family: 1, node: '::1', service: '40000' },
        authScheme: 'none',
        subject: [{ type: 'saslUsername', name: 'admin' }],
      },
    },
    {
      domain,
      phase: 'CONNECT',
      local: { family: 'IPV4', node: '127.0.0.1', service: '5900' },
      remote: { family: 'IPV6', node: '::1', service: '40000' },
      authScheme: 'none',
      subject: [{ type: 'saslUsername', name: 'admin' }],
    },
  ],
  controlError: onlyDomain,
  blockJob: [
    { msg: { dom, path: '/disk', type: 2, status: 3 } },
    { domain, path: '/disk', type: 'COPY', status: 'READY' },
  ],
  blockJob2: [
    { dom, dst: 'vda', type: 4, status: 0 },
    { domain, disk: 'vda', type: 'ACTIVE_COMMIT', status: 'COMPLETED' },
  ],
  diskChange: [
    { msg: { dom, oldSrcPath: '/old', newSrcPath: undefined, devAlias: 'ide0', reason: 0 } },
    { domain, oldPath: '/old', newPath: undefined, alias: 'ide0', reason: 'CHANGE_MISSING_ON_START' },
  ],
  trayChange: [{ msg: { dom, devAlias: 'ide0', reason: 1 } }, { domain, alias: 'ide0', reason: 'CLOSE' }],
  pmwakeup: [{ reason: 0, msg: { dom } }, { domain }],
  pmsuspend: [{ reason: 0, msg: { dom } }, { domain }],
  pmsuspendDisk: [{ reason: 0, msg: { dom } }, { domain }],
  balloonChange: [{ msg: { dom, actual: 1n << 40n } }, { domain, actualKiB: 1n << 40n }],
  deviceAdded: [
    { dom, devAlias: 'net1' },
    { domain, alias: 'net1' },
  ],
  deviceRemoved: [{ msg: { dom, devAlias: 'net1' } }, { domain, alias: 'net1' }],
  deviceRemovalFailed: [
    { dom, devAlias: 'net1' },
    { domain, alias: 'net1' },
  ],
  tunable: [
    {
      dom,
      params: [
        { field: 'cputune.cpu_shares', value: { type: 4, ul: 2n ** 60n } },
        { field: 'blkdeviotune.disk', value: { type: 7, s: 'vda' } },
        { field: 'made.up', value: { type: 6, b: 1 } },
      ],
    },
    { domain, params: { 'cputune.cpu_shares': 2n ** 60n, 'blkdeviotune.disk': 'vda', 'made.up': true } },
  ],
  agentLifecycle: [
    { dom, state: 1, reason: 2 },
    { domain, state: 'CONNECTED', reason: 'CHANNEL' },
  ],
  migrationIteration: [
    { dom, iteration: 4 },
    { domain, iteration: 4 },
  ],
  jobCompleted: [
    { dom, params: [{ field: 'operation', value: { type: 1, i: 5 } }] },
    { domain, params: { operation: 5 } },
  ],
  metadataChange: [
    { dom, type: 2, nsuri: 'urn:x' },
    { domain, type: 'ELEMENT', uri: 'urn:x' },
  ],
  blockThreshold: [
    { dom, dev: 'vda', path: '/disk', threshold: 10n, excess: 2n },
    { domain, device: 'vda', path: '/disk', thresholdBytes: 10n, excessBytes: 2n },
  ],
  memoryFailure: [
    { dom, recipient: 1, action: 2, flags: 3 },
    { domain, recipient: 'GUEST', action: 'FATAL', flags: ['ACTION_REQUIRED', 'RECURSIVE'] },
  ],
  memoryDeviceSizeChange: [
    { dom, alias: 'virtiomem0', size: 5n },
    { domain, alias: 'virtiomem0', size: 5n },
  ],
  nicMacChange: [
    { dom, alias: 'net0', oldMAC: '52:54:00:00:00:01', newMAC: '52:54:00:00:00:02' },
    { domain, alias: 'net0', oldMac: '52:54:00:00:00:01', newMac: '52:54:00:00:00:02' },
  ],
};

const samples: Samples = {
  domain: domainSamples,
  network: {
    lifecycle: [
      { net: named, event: 3, detail: 0 },
      { network: namedRef, event: 'STOPPED' },
    ],
    metadataChange: [
      { net: named, type: 1, nsuri: undefined },
      { network: namedRef, type: 'TITLE', uri: undefined },
    ],
  },
  storagePool: {
    lifecycle: [
      { pool: named, event: 4, detail: 0 },
      { pool: namedRef, event: 'CREATED' },
    ],
    refresh: [{ pool: named }, { pool: namedRef }],
  },
  nodeDevice: {
    lifecycle: [
      { dev: { name: 'pci_0' }, event: 1, detail: 0 },
      { device: 'pci_0', event: 'DELETED' },
    ],
    update: [{ dev: { name: 'pci_0' } }, { device: 'pci_0' }],
  },
  secret: {
    lifecycle: [
      { secret, event: 0, detail: 0 },
      { secret: secretRef, event: 'DEFINED' },
    ],
    valueChanged: [{ secret }, { secret: secretRef }],
  },
};

const cases = Object.entries(samples).flatMap(([object, kinds]) =>
  Object.entries(kinds).map(([kind, [body, seen]]) => ({ object, kind, body, seen })),
);

test('the samples are all kinds of events that are registered for by number', () => {
  expect(cases).toHaveLength(36);
});

test.each(cases)('$object events $kind are registered for, read and released', async ({ object, kind, body, seen }) => {
  await using daemon = await fakeDaemon({}, { libVersion: 11_003_000 });
  await using conn = await connect(daemon.uri);
  // Object, kind and body belong together by construction.
  const subscribe = conn.events[object as 'domain'].bind(conn.events);
  const events = await subscribe(kind as keyof DomainEvents);
  daemon.emit(object as 'domain', kind as 'reboot', body as EventBody<'domain', 'reboot'>);
  expect(await events.next()).toEqual({ done: false, value: seen });
  expect(await events.return()).toEqual({ done: true, value: undefined });
  expect(daemon.registrations).toEqual([]);
});
