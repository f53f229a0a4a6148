import fc from 'fast-check';
import { expect, test } from 'vitest';
import { errorKind } from '../../apps/spawner/test/recorded/compared-spawn.ts';
import type { RecordedEvent, RecordedStep, SpawnInput } from '../../apps/spawner/test/recorded/recorded-spawn-case.ts';
import { type PhaseOutcome, runSpawnCase } from '../../apps/spawner/test/recorded/run-spawn-case.ts';

/** Spawns that nobody recorded, judged by the facts that the recordings' README states about all of them. */
const anyInput: fc.Arbitrary<SpawnInput> = fc
  .array(
    fc.record({ active: fc.constantFrom(false, true, null), vnic_type: fc.constantFrom('normal', 'remote-managed') }),
    {
      maxLength: 3,
    },
  )
  .chain((vifs) =>
    fc.record({
      vifs: fc.constant(vifs),
      volumes: fc.constantFrom([], ['v1'], ['v1', 'v2']),
      power_on: fc.boolean(),
      events: fc.tuple(...vifs.map((_, vif) => anyEvents(vif))).map((one) => one.flat()),
      config: fc.record({ vif_plugging_is_fatal: fc.boolean() }),
      faults: fc.oneof({ arbitrary: fc.constant({}), weight: 2 }, fc.constantFrom(...faulty).map(faultIn)),
      then_destroy: fc.boolean(),
    }),
  )
  .map((input) => ({ ...input, config: { ...input.config, vif_plugging_timeout: patienceOf(input) } }));

/** Seconds: what does not come need not be waited for, what comes has all the time that a busy machine takes. */
function patienceOf({ vifs, events = [] }: SpawnInput): number {
  return vifs.every((_, vif) => events.some((event) => event.vif === vif)) ? 60 : 0.3;
}

/** Steps that may fail. */
const faulty = ['create_image', 'volume.connect', 'vif.plug', 'domain.define', 'create_configdrive', 'domain.create'];

function faultIn(step: string): SpawnInput['faults'] & object {
  return { [step]: step.startsWith('domain') ? 'libvirtError' : 'X' };
}

function anyEvents(vif: number): fc.Arbitrary<readonly RecordedEvent[]> {
  const when = fc.constantFrom('later', 'at:vif.plug', 'at:domain.create');
  const status = fc.constantFrom('completed', 'completed', 'completed', 'failed');
  return fc.array(fc.record({ when, status, vif: fc.constant(vif) }), { minLength: 0, maxLength: 2 });
}

/** What a spawn must come to. */
interface Expected {
  readonly steps: readonly RecordedStep[];
  readonly error: string | undefined;
  readonly undone: readonly RecordedStep[];
  readonly domain: PhaseOutcome['domainAfter'];
}

function expectedOf({
  vifs,
  volumes = [],
  power_on: powerOn = true,
  events = [],
  config = {},
  faults = {},
}: SpawnInput): Expected {
  const awaited = vifs.flatMap((vif, at) =>
    powerOn && vif.active === false && vif.vnic_type === 'normal' ? [at] : [],
  );
  const all: readonly RecordedStep[] = [
    'create_image',
    'ensure_console_log',
    ...volumes.map((volume) => ({ 'volume.connect': { volume } })),
    ...vifs.map((_, vif) => ({ 'vif.plug': { vif } })),
    'domain.define',
    'create_configdrive',
    ...(powerOn ? [{ 'domain.create': { start_paused: awaited.length > 0 } }] : []),
  ];
  const [name = ''] = Object.keys(faults);
  const at = all.findIndex((step) => nameOf(step) === name);
  if (at >= 0) {
    const raised = name.startsWith('domain') ? 'libvirtError' : 'RuntimeError: X';
    return { steps: all.slice(0, at + 1), error: raised, undone: inversesOf(all.slice(0, at + 1), name), domain: none };
  }
  const isMissed = awaited.some((vif) => firstStatus(vif, events) !== 'completed');
  if (isMissed && config['vif_plugging_is_fatal'] === true)
    return { steps: all, error: 'VirtualInterfaceCreateException', undone: inversesOf(all), domain: none };
  const domain = { state: powerOn ? 'running' : 'shutoff', defined: true };
  return { steps: [...all, ...(awaited.length > 0 ? ['domain.resume'] : [])], error: undefined, undone: [], domain };
}

const none = { state: null, defined: false };

/** In the order in which the steps come at which they are sent; those of a step in their own. */
function firstStatus(vif: number, events: readonly RecordedEvent[]): string | undefined {
  const moments = ['at:vif.plug', 'at:domain.create', 'later'];
  const own = events.filter((event) => event.vif === vif);
  return moments.flatMap((moment) => own.filter(({ when }) => when === moment))[0]?.status;
}

/** Of what was done, and of a connect or plug that failed. */
function inversesOf(steps: readonly RecordedStep[], faultyStep?: string): readonly RecordedStep[] {
  const has = (name: string) => name !== faultyStep && steps.some((step) => nameOf(step) === name);
  return steps
    .flatMap((step): readonly RecordedStep[] => {
      if (typeof step === 'string') return [];
      if (step['volume.connect']) return [{ 'volume.disconnect': { ...step['volume.connect'], force: true } }];
      return step['vif.plug'] ? [{ 'vif.unplug': step['vif.plug'] }] : [];
    })
    .concat('delete_instance_files', has('domain.define') ? ['domain.undefine'] : [])
    .concat(has('domain.create') ? ['domain.destroy'] : []);
}

function nameOf(step: RecordedStep): string {
  return typeof step === 'string' ? step : (Object.keys(step)[0] ?? '');
}

const inverse = /^(?:domain\.(?:destroy|undefine)|delete_instance_files|vif\.unplug|volume\.disconnect)$/;
const sorted = (steps: readonly RecordedStep[]) => [...new Set(steps.map((step) => JSON.stringify(step)))].toSorted();

function seenOf({ steps, error, domainAfter: domain, waitsLeft, secretsLeft }: PhaseOutcome) {
  const own = steps.filter((step) => nameOf(step) !== 'external_event');
  return {
    steps: own.filter((step) => !inverse.test(nameOf(step))),
    error: error === undefined ? undefined : errorKind(error),
    undone: sorted(own.filter((step) => inverse.test(nameOf(step)))),
    domain,
    left: { waits: waitsLeft, secrets: secretsLeft },
  };
}

test('spawns that nobody recorded do the same steps, end as the table of events says, and leave nothing when they fail', {
  timeout: 180_000,
}, async () => {
  const nothing = { waits: 0, secrets: 0 };
  const property = fc.asyncProperty(anyInput, async (input) => {
    const expected = expectedOf(input);
    const { spawn, destroy } = await runSpawnCase({
      id: 'unseen',
      input,
      expected: undefined as never /* is not read */,
    });
    expect(seenOf(spawn)).toEqual({ ...expected, undone: sorted(expected.undone), left: nothing });
    expect(spawn.filesLeft === undefined).toBe(expected.error !== undefined);
    if (destroy === undefined) return;
    const { undone, domain, left } = seenOf(destroy);
    const made = inversesOf(expected.steps).filter((step) => step !== 'domain.destroy' || input.power_on !== false);
    expect({ undone, domain, left }).toEqual({ undone: sorted(made), domain: none, left: nothing });
    expect(destroy.filesLeft).toBeUndefined();
  });
  await fc.assert(property, { numRuns: 25 });
});
