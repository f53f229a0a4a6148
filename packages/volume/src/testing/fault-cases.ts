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

type Way = Pick<ExecFault, 'kind' | 'when'>;
type Faults = Pick<FaultyExec, 'calls' | 'arm' | 'disarm'>;

/** Every command of connecting and of disconnecting goes wrong once, in every way. */
export function faultCases(setup: ConnectorSetup): readonly ContractCase[] {
  const kinds = ['error', 'hang', 'abort'] as const;
  const moments = ['before', 'after'] as const;
  return kinds.flatMap((kind) =>
    moments.flatMap((when) => [
      {
        name: `connecting leaves the host as it was when a command ends by ${kind} ${when} its effect`,
        run: () => sweep(setup, { kind, when }, connectWithFault),
      },
      {
        name: `disconnecting can be repeated when a command ends by ${kind} ${when} its effect`,
        run: () => sweep(setup, { kind, when }, disconnectWithFault),
      },
    ]),
  );
}

/**
 * On one host, until a round has no command left to go wrong. A round starts from what the one before has left, so it finds
 * out, too, whether that can be connected again.
 */
async function sweep(
  setup: ConnectorSetup,
  way: Way,
  round: (under: ConnectorUnderTest, faults: Faults, fault: ExecFault) => Promise<boolean>,
): Promise<void> {
  // A connector without commands never asks for it.
  let faults: Faults = { calls: () => 0, arm() {}, disarm() {} };
  const under = await setup((exec) => {
    const one = faultyExec(exec);
    faults = one;
    return one;
  });
  try {
    for (let at = 0; await round(under, faults, { ...way, at, abort: new AbortController() }); at++)
      assert.ok(at < MOST_COMMANDS, `more than ${MOST_COMMANDS} commands`);
  } finally {
    await under[Symbol.asyncDispose]();
  }
}

/** Answers whether there was a command to go wrong. */
async function connectWithFault(under: ConnectorUnderTest, faults: Faults, fault: ExecFault): Promise<boolean> {
  const before = await under.snapshot();
  faults.arm(fault);
  const failed = await outcome(connect(under, under.volume, fault.abort?.signal));
  const wasReached = faults.calls() > fault.at;
  faults.disarm();
  if (failed) expectFault(failed.error, fault.kind);
  // A command may be of no consequence; then the volume is connected.
  else await disconnect(under, under.volume);
  assert.deepEqual(await under.snapshot(), before);
  return wasReached;
}

async function disconnectWithFault(under: ConnectorUnderTest, faults: Faults, fault: ExecFault): Promise<boolean> {
  const before = await under.snapshot();
  await connect(under, under.volume);
  faults.arm(fault);
  const failed = await outcome(disconnect(under, under.volume, fault.abort?.signal));
  const wasReached = faults.calls() > fault.at;
  faults.disarm();
  if (failed) expectFault(failed.error, fault.kind);
  await disconnect(under, under.volume);
  assert.deepEqual(await under.snapshot(), before);
  return wasReached;
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
