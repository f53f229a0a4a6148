import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BlockinfoError, type BlockinfoErrorCode } from '../../packages/blockinfo/src/index.ts';
import { answerOf, isInvalidInput } from '../../packages/blockinfo/test/recorded-call.ts';
import type { BlockinfoCase, Json } from '../../packages/blockinfo/test/recorded-case.ts';
import { type CaseVerdict, firstDifference, report, type Verdict } from './report.ts';

const ownVectors = join(import.meta.dirname, '../../packages/blockinfo/test/vectors/blockinfo');

/** What Nova raises where we throw; a crash of Nova stands for our refusal of the same request. */
const novaExceptions: Readonly<Record<BlockinfoErrorCode, string>> = {
  UNSUPPORTED_VIRT_TYPE: 'UnsupportedVirtType',
  UNSUPPORTED_DISK_BUS: 'UnsupportedHardware',
  NO_DEVICE_PREFIX: 'InternalError',
  UNKNOWN_DEVICE_NAME: 'InternalError',
  TOO_MANY_DISK_DEVICES: 'TooManyDiskDevices',
  LUN_WITHOUT_BUS: 'AttributeError',
  LUN_IN_BOOT_ORDER: 'KeyError',
  DEVICE_NAME_TAKEN: '(Nova lets them)',
  INVALID_ENCRYPTION_OPTIONS: 'JSONDecodeError',
  UNSUPPORTED_RESCUE_BUS: 'UnsupportedRescueBus',
  UNSUPPORTED_RESCUE_DEVICE: 'UnsupportedRescueDevice',
};

/** The recorded cases of the disk mapping and its helpers. */
export async function run(args: readonly string[]): Promise<number> {
  const at = args.indexOf('--dir');
  return report(verdicts(at < 0 ? ownVectors : (args[at + 1] ?? ownVectors)));
}

/** One verdict per recorded case of a directory. */
export async function* verdicts(directory: string = ownVectors): AsyncIterable<CaseVerdict> {
  for (const file of ['disk_info.json', 'helpers.json']) {
    const cases = JSON.parse(await readFile(join(directory, file), 'utf8')) as readonly BlockinfoCase[];
    for (const one of cases) yield { id: one.id, verdict: verdictOf(one) };
  }
}

function verdictOf(one: BlockinfoCase): Verdict {
  const ours = outcome(() => answerOf(one, exceptionName));
  const refusal = ownRefusal(ours, one);
  if (refusal !== undefined) return { status: 'excepted', rule: refusal };
  if (sharesName(one)) return ownUniqueNames(ours, one);
  const expected = one.expect.exception === undefined ? one.expect : { exception: one.expect.exception };
  const difference = firstDifference(ordered(expected), ordered(ours));
  if (difference === undefined) return { status: 'passed' };
  return ownBootOrder(ours, one) ?? { status: 'failed', difference };
}

/** The rule by which we refuse what Nova answers with something that nobody can use. */
function ownRefusal(ours: Json, { expect, input }: BlockinfoCase): string | undefined {
  if (expect.exception !== undefined) return undefined;
  const isMissing = (info: unknown) => record(info).bus === null;
  const withoutBus = Object.values(mappingOf(expect)).some(isMissing) || isMissing(expect.result);
  if (withoutBus && ours.exception === novaExceptions.NO_DEVICE_PREFIX) return 'a device that no bus takes is refused';
  const isOptions = /"encryption_options":"(?!\{)/.test(JSON.stringify(input));
  if (isOptions && ours.exception === novaExceptions.INVALID_ENCRYPTION_OPTIONS)
    return 'encryption options that are no object are refused';
  return undefined;
}

/**
 * Where an index has two digits, Nova compares texts. Ours must differ in nothing else, name the same kinds, and begin with
 * the kind of the disk that has the smallest number.
 */
function ownBootOrder(ours: Json, { expect, input }: BlockinfoCase): Verdict | undefined {
  const field = 'boot_order' in expect ? 'boot_order' : 'result';
  const mapping = field === 'result' ? record(record(input.disk_info).mapping) : mappingOf(ours);
  const indexes = Object.entries(mapping).flatMap(([name, info]) =>
    name === 'root' || record(info).boot_index === undefined ? [] : [record(info)],
  );
  const first = indexes.toSorted((a, b) => Number(a.boot_index) - Number(b.boot_index))[0];
  const [novaOrder, ownOrder] = [kinds(expect[field]), kinds(ours[field])];
  const isSameElse = firstDifference(ordered({ ...expect, [field]: ownOrder }), ordered(ours)) === undefined;
  const isReordered = novaOrder.length === ownOrder.length && novaOrder.every((kind) => ownOrder.includes(kind));
  const startsRight = ownOrder[0] === bootKinds[String(first?.type)];
  if (!isSameElse || !isReordered || !startsRight || !indexes.some((info) => Number(info.boot_index) >= 10))
    return undefined;
  return { status: 'excepted', rule: 'boot indexes are compared as numbers, so that 2 comes before 10' };
}

const bootKinds: Readonly<Record<string, string>> = { disk: 'hd', cdrom: 'cdrom', floppy: 'fd' };

function kinds(order: unknown): readonly unknown[] {
  return Array.isArray(order) ? order : [];
}

function outcome(call: () => Json): Json {
  try {
    return call();
  } catch (error) {
    return { exception: exceptionName(error) };
  }
}

function exceptionName(error: unknown): string {
  if (isInvalidInput(error)) return 'ValueError';
  if (error instanceof BlockinfoError) return novaExceptions[error.code];
  throw error;
}

/** Adds the order of the mapping as a value, since the comparison of objects ignores it. */
function ordered(answer: Json): Json {
  return { ...answer, 'order of the mapping': Object.keys(mappingOf(answer)) };
}

function mappingOf(answer: Json): Json {
  return record(record(answer.result).mapping);
}

function record(value: unknown): Json {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

/** Whether Nova gave one device name to two disks; `root` repeats another disk and does not count, nor do disks left out. */
function sharesName(one: BlockinfoCase): boolean {
  const leavesVolumesOut = one.input.rescue === true && one.input.rescue_image_meta === null;
  if (one.function !== 'get_disk_info' || leavesVolumesOut) return false;
  const after = record(one.expect.block_device_info_after).block_device_mapping;
  const volumes = (Array.isArray(after) ? after : []).map((volume) => record(volume).mount_device);
  const local = Object.entries(mappingOf(one.expect)).filter(([name]) => name.startsWith('disk'));
  const names = [...local.map(([, info]) => record(info).dev), ...volumes].filter((name) => typeof name === 'string');
  const stripped = names.map((name) => name.replace('/dev/', ''));
  return new Set(stripped).size !== stripped.length;
}

/**
 * Ours must refuse the name, or the disk for which there is no other; or move swap, the one disk which Nova places without looking: then every disk keeps all but
 * its chosen name, names that the request gave stay, and no name is used twice.
 */
function ownUniqueNames(ours: Json, one: BlockinfoCase): Verdict {
  const refusals = [novaExceptions.DEVICE_NAME_TAKEN, novaExceptions.TOO_MANY_DISK_DEVICES];
  if (refusals.some((name) => name === ours.exception)) {
    return { status: 'excepted', rule: 'two disks on one device name are refused' };
  }
  const mapping = mappingOf(ours);
  const difference = firstDifference(withoutNames(mappingOf(one.expect)), withoutNames(mapping), 'mapping');
  if (difference !== undefined) return { status: 'failed', difference };
  const used = Object.entries(mapping).flatMap(([key, info]) => (key === 'root' ? [] : [record(info).dev]));
  const lost = givenNames(one).find((name) => !used.includes(name));
  if (lost !== undefined) return { status: 'failed', difference: `the request's device name "${lost}" is not used` };
  if (new Set(used).size !== used.length)
    return { status: 'failed', difference: `a name is used twice: ${used.join()}` };
  return { status: 'excepted', rule: 'swap keeps away from device names that volumes were promised' };
}

/** The disks in order, volumes without their names. */
function withoutNames(mapping: Json): readonly Json[] {
  return Object.entries(mapping).map(([key, info]) => {
    const { dev: _, ...rest } = record(info);
    return { disk: key.startsWith('/dev/') ? 'volume' : key, ...rest };
  });
}

function givenNames(one: BlockinfoCase): readonly string[] {
  const volumes = record(one.input.block_device_info).block_device_mapping;
  const names = (Array.isArray(volumes) ? volumes : []).map((volume) => record(volume).mount_device);
  return names.filter((name) => typeof name === 'string').map((name) => name.replace('/dev/', ''));
}
