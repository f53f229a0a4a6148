import { type Connection, connect } from '@spawnkit/libvirt';
import { type Answers, DaemonError, fakeDaemon } from '@spawnkit/libvirt/testing';
import { afterEach, expect, test } from 'vitest';
import { findEmulator } from './find-emulator.ts';
import { readHost } from './read-host.ts';

const emulator = '/usr/bin/qemu-system-x86_64';
const capabilities = '<capabilities><host><cpu><arch>x86_64</arch></cpu></host></capabilities>';
const machine = `<domainCapabilities><path>${emulator}</path><domain>qemu</domain><arch>x86_64</arch></domainCapabilities>`;
const answers: Answers = {
  connectGetCapabilities: () => ({ capabilities }),
  connectGetVersion: () => ({ hvVer: 7_002_022n }),
  connectGetDomainCapabilities: () => ({ capabilities: machine }),
};
const options = { virtType: 'qemu', arch: 'x86_64' } as const;
const questions = ['connectGetCapabilities', 'connectGetVersion', 'connectGetDomainCapabilities'] as const;

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

async function daemonOf(more: Answers = {}) {
  const daemon = await fakeDaemon({ ...answers, ...more });
  open.push(daemon);
  const conn: Connection = await connect(daemon.uri);
  open.push(conn);
  return { conn, asked: () => questions.map((name) => daemon.callsOf(name).length), daemon };
}

test('readHost asks everything at once: no question waits for an answer', async () => {
  const all = Promise.withResolvers<void>();
  const { conn, asked, daemon } = await daemonOf({
    connectGetCapabilities: async () => all.promise.then(() => ({ capabilities })),
    connectGetVersion: async () => all.promise.then(() => ({ hvVer: 7_002_022n })),
    connectGetDomainCapabilities: async () => all.promise.then(() => ({ capabilities: machine })),
  });
  const reading = readHost(conn, options);
  while (asked().some((count) => count === 0)) await new Promise((resolve) => setTimeout(resolve, 5));
  all.resolve();
  expect(await reading).toMatchObject({ emulator, libvirtVersion: 9_000_000, hypervisorVersion: 7_002_022 });
  expect(asked()).toEqual([1, 1, 2]);
  expect(daemon.callsOf('connectGetDomainCapabilities').map(({ machine }) => machine)).toEqual(['pc', 'q35']);
});

test('readHost keeps answers for the connection, by what was asked', async () => {
  const { conn, asked } = await daemonOf();
  const first = await readHost(conn, options);
  expect(await readHost(conn, { ...options })).toBe(first);
  expect(asked()).toEqual([1, 1, 2]);
  await readHost(conn, { ...options, virtType: 'kvm' });
  expect(asked()).toEqual([2, 2, 4]);
  const { conn: another } = await daemonOf();
  expect(await readHost(another, options)).not.toBe(first);
});

test('readHost does without a machine type that the emulator lacks', async () => {
  const { conn } = await daemonOf({
    connectGetDomainCapabilities({ machine: wanted }) {
      if (wanted === 'q35') return { capabilities: machine };
      throw new DaemonError('INVALID_ARG', `the machine '${wanted}' is not supported by emulator`);
    },
  });
  expect(await readHost(conn, options)).toMatchObject({ emulator });
});

test('readHost and findEmulator say what to install where there is no emulator, and ask again next time', async () => {
  let installed = false;
  const { conn } = await daemonOf({
    connectGetDomainCapabilities() {
      if (installed) return { capabilities: machine };
      throw new DaemonError('INVALID_ARG', 'unable to find any emulator to serve this architecture');
    },
  });
  const refusal = {
    code: 'HOST_UNSUITABLE',
    message: expect.stringContaining('unable to find any emulator') as string,
    fix: expect.stringContaining('Install QEMU for x86_64') as string,
    cause: { codeName: 'INVALID_ARG' },
  };
  await expect(readHost(conn, options)).rejects.toMatchObject(refusal);
  await expect(findEmulator(conn, options)).rejects.toMatchObject(refusal);
  installed = true;
  expect(await readHost(conn, options)).toMatchObject({ emulator });
  expect(await findEmulator(conn, options)).toBe(emulator);
});

test('readHost passes on an abort and whatever else goes wrong', async () => {
  const { conn, daemon } = await daemonOf({ connectGetCapabilities: () => new Promise(() => {}) });
  const abort = new AbortController();
  const { signal } = abort;
  setTimeout(() => abort.abort(new Error('enough')), 20);
  await expect(readHost(conn, { ...options, signal })).rejects.toThrow('enough');
  const reading = expect(readHost(conn, options)).rejects.toMatchObject({ name: 'ConnectionLostError' });
  setTimeout(() => daemon.disconnect(), 20);
  await reading;
});
