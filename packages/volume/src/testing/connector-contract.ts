import assert from 'node:assert/strict';
import { withoutSecrets } from '../secret-fields.ts';
import { volumeKeyOf } from '../volume-key.ts';
import {
  connect,
  type ConnectorSetup,
  type ConnectorUnderTest,
  type ContractCase,
  disconnect,
} from './connector-under-test.ts';
import { faultCases } from './fault-cases.ts';

/** A case over a connector without faults. */
interface PlainCase {
  readonly name: string;
  readonly run: (under: ConnectorUnderTest) => Promise<void>;
}

/**
 * The contract of {@link VolumeConnector}, to be run by any test runner: `for (const { name, run } of
 * connectorContract(setup)) test(name, run)`.
 */
export function connectorContract(setup: ConnectorSetup): readonly ContractCase[] {
  const plain = plainCases.map(({ name, run }) => ({
    name,
    async run() {
      const under = await setup((exec) => exec);
      try {
        await run(under);
      } finally {
        await under[Symbol.asyncDispose]();
      }
    },
  }));
  return [...plain, ...faultCases(setup)];
}

const plainCases: readonly PlainCase[] = [
  {
    name: 'a volume that is disconnected leaves the host as it was',
    async run(under) {
      const before = await under.snapshot();
      await connect(under, under.volume);
      await disconnect(under, under.volume);
      assert.deepEqual(await under.snapshot(), before);
    },
  },
  {
    name: 'connecting again changes nothing and finds the same',
    async run(under) {
      const found = await connect(under, under.volume);
      const once = await under.snapshot();
      assert.deepEqual(await connect(under, under.volume), found);
      assert.deepEqual(await under.snapshot(), once);
      await disconnect(under, under.volume);
    },
  },
  {
    name: 'disconnecting again, or what never was connected, changes nothing',
    async run(under) {
      const before = await under.snapshot();
      await disconnect(under, under.volume);
      assert.deepEqual(await under.snapshot(), before);
      await connect(under, under.volume);
      await disconnect(under, under.volume);
      await disconnect(under, under.volume);
      assert.deepEqual(await under.snapshot(), before);
    },
  },
  {
    name: 'disconnecting needs no secret',
    async run(under) {
      const before = await under.snapshot();
      await connect(under, under.volume);
      await disconnect(under, withoutSecrets(under.volume));
      assert.deepEqual(await under.snapshot(), before);
    },
  },
  {
    name: 'what is found is plain data without secrets, and makes no other volume of it',
    async run(under) {
      const found = await connect(under, under.volume);
      assert.deepEqual(JSON.parse(JSON.stringify(found)), found);
      const connected = { ...under.volume, data: { ...under.volume.data, ...found } };
      assert.equal(volumeKeyOf(connected), volumeKeyOf(under.volume));
      await disconnect(under, connected);
    },
  },
  {
    name: 'a volume keeps its connection when another one of the same target or share goes',
    async run(under) {
      const { volume, sibling } = under;
      if (!sibling) return;
      const before = await under.snapshot();
      await connect(under, volume);
      const alone = await under.snapshot();
      await connect(under, sibling);
      await disconnect(under, sibling);
      assert.deepEqual(await under.snapshot(), alone);
      await disconnect(under, volume);
      assert.deepEqual(await under.snapshot(), before);
    },
  },
  {
    name: 'an aborted signal lets nothing begin',
    async run(under) {
      const before = await under.snapshot();
      const signal = AbortSignal.abort(new Error('too late'));
      await assert.rejects(connect(under, under.volume, signal), /too late/);
      await assert.rejects(disconnect(under, under.volume, signal), /too late/);
      assert.deepEqual(await under.snapshot(), before);
    },
  },
];
