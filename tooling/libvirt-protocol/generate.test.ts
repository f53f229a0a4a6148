import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as enums from '../../packages/libvirt/src/generated/enums.gen.ts';
import * as events from '../../packages/libvirt/src/generated/events.gen.ts';
import { parameterNames } from '../../packages/libvirt/src/generated/parameters.gen.ts';
import { procedureReleases } from '../../packages/libvirt/src/generated/procedure-releases.gen.ts';
import { procedureTable } from '../../packages/libvirt/src/generated/procedure-table.gen.ts';
import * as procedures from '../../packages/libvirt/src/generated/procedures.gen.ts';
import * as types from '../../packages/libvirt/src/generated/types.gen.ts';
import { generate, outputDirectory } from './generate.ts';
import { readConstants, readProtocol } from './protocol.ts';

const protocol = readProtocol();
const constants = readConstants();
const wireProcedures = protocol.programs.flatMap((program) =>
  program.procedures.map((procedure) => ({ program: Number(program.idHex), ...procedure })),
);

test('the checked-in files are what the generator writes', () => {
  const files = generate();
  expect(readdirSync(outputDirectory).sort()).toEqual([...files.keys()].sort());
  for (const [name, text] of files) {
    const same = readFileSync(join(outputDirectory, name), 'utf8') === text;
    expect(same, `${name} differs: run node tooling/libvirt-protocol/generate.ts`).toBe(true);
  }
});

test('every call of the protocol is a procedure with its program and number', () => {
  const calls = wireProcedures.filter(({ kind }) => kind === 'call');
  expect(calls).toHaveLength(407);
  const wanted = calls.map(({ program, number, method }) => `${method} ${program} ${number}`);
  const found = Object.entries(procedures).map(([name, procedure]) => {
    expect(procedure.name).toBe(name);
    return `${name} ${procedure.program} ${procedure.number}`;
  });
  expect(found.sort()).toEqual(wanted.sort());
});

test('calls by name are the calls, with their releases', () => {
  expect(procedureTable).toEqual({ ...procedures });
  const releases = Object.values(procedureTable).map(({ name, since }) => [name, since]);
  expect(procedureReleases).toEqual(Object.fromEntries(releases));
  expect(procedureReleases).toMatchObject({ authList: 3002, networkSetMetadata: 9_007_000 });
});

test('what the protocol says of streams, flags and file descriptors stands at the procedures', () => {
  const special = wireProcedures.filter(({ stream, addFlags, fds }) => stream ?? addFlags ?? fds);
  const found = Object.values(procedures).filter((one) => 'stream' in one || 'addFlags' in one || 'passesFds' in one);
  expect(found.map(({ name }) => name).sort()).toEqual(special.map(({ method }) => method).sort());
  expect(procedures.storageVolUpload.stream).toEqual({ direction: 'write', sparseFlag: 1 });
  expect(procedures.domainOpenConsole.stream).toEqual({ direction: 'read', bidirectional: true });
  expect(procedures.domainGetBlkioParameters.addFlags).toBe(enums.TypedParameterFlags.STRING_OKAY);
});

test('every event message is there, and the maps have every kind with a callback id', () => {
  const wanted = wireProcedures.filter(({ event }) => event !== undefined);
  const messages = Object.values(events).filter((one) => 'codec' in one);
  expect(messages.map(({ name }) => name).sort()).toEqual(wanted.map(({ method }) => method).sort());
  const callbacks = wanted.filter(({ event }) => event?.style === 'callback');
  const { domainEvents, networkEvents, storagePoolEvents, nodeDeviceEvents, secretEvents, qemuMonitorEvents } = events;
  const maps = [domainEvents, networkEvents, storagePoolEvents, nodeDeviceEvents, secretEvents, qemuMonitorEvents];
  const kinds: string[] = maps.flatMap((map) => Object.values(map).map(({ name }) => name));
  expect(kinds.sort()).toEqual(callbacks.map(({ method }) => method).sort());
  expect(Object.keys(events.eventClasses)).toEqual(protocol.eventClasses.map(({ object }) => object));
});

test('the domain events are numbered as virDomainEventID numbers them', () => {
  const numbers = Object.fromEntries(Object.entries(events.domainEvents).map(([kind, { id }]) => [kind, id]));
  expect(Object.values(numbers).sort((a, b) => Number(a) - Number(b))).toEqual(
    Object.values(enums.DomainEventID).sort((a, b) => a - b),
  );
  expect(numbers).toMatchObject({ lifecycle: 0, blockJob2: 16, nicMacChange: 27 });
});

test('every struct and union has a codec', () => {
  const composite = protocol.types.filter(({ kind }) => kind === 'struct' || kind === 'union');
  expect(Object.keys(types)).toHaveLength(composite.length * 2);
});

test('every member of every enumeration is there', () => {
  const wanted = Object.values({ ...constants.enums, ...constants.internalEnums });
  const found = Object.entries<unknown>(enums).flatMap(([name, value]) =>
    /^[A-Z]/.test(name) && typeof value === 'object' && value !== null ? [value] : [],
  );
  expect(found).toHaveLength(wanted.length);
  const members = found.reduce<number>((sum, value) => sum + Object.keys(value).length, 0);
  expect(members).toBe(wanted.reduce((sum, { values }) => sum + values.length, 0));
  expect(enums.ErrorNumber).toMatchObject({ NO_DOMAIN: 42, OPERATION_INVALID: 55, WAR_NO_NETWORK: 41 });
  expect(enums.lifecycleDetails.STARTED).toBe(enums.DomainEventStartedDetailType);
  expect(enums.stateReasons.PMSUSPENDED).toBe(enums.DomainPMSuspendedReason);
});

test('every parameter name is there', () => {
  const fields = Object.values(constants.parameterNames).map(({ field }) => field);
  expect(Object.values(parameterNames)).toEqual(fields);
});
