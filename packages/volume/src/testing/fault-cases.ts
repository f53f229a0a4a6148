import assert from 'node:assert/strict';
import {
  connect,
  type ConnectorSetup,
  type ConnectorUnderTest,
  type ContractCase,
  disconnect,
} from './connector-under-test.ts';
import { type ExecFault, faultyExec, type FaultyExec } from './faulty-exec.ts';

/** No connector needs more commands than this. */
const MOST_COMMANDS = 50;

/** Every command of connecting and of disconnecting goes wrong once, in every way. */
export function faultCases(setup: ConnectorSetup): readonly ContractCase[] {
  const kinds = ['error', 'abort'] as const;
  const moments = ['before', 'after'] as const;
  return kinds.flatMap((kind) =>
    moments.flatMap((when) => [
      {
        name: `connecting leaves the host as it was when a command ends by ${kind} ${when} its effect`,
        run: () => sweep((at) => connectWithFault(setup, { at, kind, when })),
      },
      {
        name: `disconnecting can be repeated when a command ends by ${kind} ${when} its effect`,
        async run() {
          const connecting = await commandsOfConnecting(setup);
          await sweep((at) => disconnectWithFault(setup, { at, kind, when }, connecting));
        },
      },
    ]),
  );
}

/** Until a round has no command left to go wrong. */
async function sweep(round: (at: number) => Promise<boolean>): Promise<void> {
  for (let at = 0; at < MOST_COMMANDS; at++) if (!(await round(at))) return;
  assert.fail(`more than ${MOST_COMMANDS} commands`);
}

async function connectWithFault(setup: ConnectorSetup, fault: Omit<ExecFault, 'abort'>): Promise<boolean> {
  const abort = new AbortController();
  return withFaulty(setup, { ...fault, abort }, async (under, faulty) => {
    const before = await under.snapshot();
    const failed = await outcome(connect(under, under.volume, abort.signal));
    const wasReached = faulty.calls() > fault.at;
    faulty.disarm();
    // A command may be of no consequence; then the volume is connected.
    if (failed) {
      expectFault(failed.error, fault.kind);
      assert.deepEqual(await under.snapshot(), before);
      await connect(under, under.volume);
    }
    await disconnect(under, under.volume);
    assert.deepEqual(await under.snapshot(), before);
    return wasReached;
  });
}

/** `fault.at` counts the commands of disconnecting; `connecting` come before. */
async function disconnectWithFault(
  setup: ConnectorSetup,
  fault: Omit<ExecFault, 'abort'>,
  connecting: number,
): Promise<boolean> {
  const abort = new AbortController();
  const at = connecting + fault.at;
  return withFaulty(setup, { ...fault, at, abort }, async (under, faulty) => {
    const before = await under.snapshot();
    await connect(under, under.volume);
    const failed = await outcome(disconnect(under, under.volume, abort.signal));
    const wasReached = faulty.calls() > at;
    faulty.disarm();
    if (failed) expectFault(failed.error, fault.kind);
    await disconnect(under, under.volume);
    assert.deepEqual(await under.snapshot(), before);
    return wasReached;
  });
}

async function commandsOfConnecting(setup: ConnectorSetup): Promise<number> {
  return withFaulty(setup, undefined, async (under, faulty) => {
    await connect(under, under.volume);
    const commands = faulty.calls();
    await disconnect(under, under.volume);
    return commands;
  });
}

async function withFaulty<T>(
  setup: ConnectorSetup,
  fault: ExecFault | undefined,
  run: (under: ConnectorUnderTest, faulty: Pick<FaultyExec, 'calls' | 'disarm'>) => Promise<T>,
): Promise<T> {
  // A connector without commands never asks for it.
  let faulty: Pick<FaultyExec, 'calls' | 'disarm'> = { calls: () => 0, disarm() {} };
  const under = await setup((exec) => {
    const one = faultyExec(exec, fault);
    faulty = one;
    return one;
  });
  try {
    return await run(under, faulty);
  } finally {
    await under[Symbol.asyncDispose]();
  }
}

async function outcome(act: Promise<unknown>): Promise<{ readonly error: unknown } | undefined> {
  return act.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
}

/** What the caller sees is the fault, not what came of it. */
function expectFault(error: unknown, kind: ExecFault['kind']): void {
  const text = error instanceof Error ? `${error.message} ${String(error.cause)}` : String(error);
  assert.match(text, kind === 'abort' ? /aborted by the contract/ : /a fault of the contract/);
}
