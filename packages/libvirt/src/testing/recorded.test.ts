import { expect, test } from 'vitest';
import { connect } from '../connect.ts';
import type { Procedure } from '../client/procedure.ts';
import { domainOpenNamespace, nodeGetInfo } from '../generated/procedures.gen.ts';
import { procedureTable } from '../generated/procedure-table.gen.ts';
import { encodeBody } from '../xdr/codec.ts';
import { fakeDaemon } from './fake-daemon.ts';
import { recorded, recordedNames, recordedReply } from './recorded.ts';

test('every recorded reply is read to its last byte, and written again as it was', () => {
  expect(recordedNames.length).toBeGreaterThan(200);
  for (const name of recordedNames) {
    const procedure = procedureTable[name] as unknown as Procedure<unknown, unknown>;
    const again = encodeBody(procedure.ret, recorded(procedure)());
    expect(Buffer.from(again).equals(recordedReply(name)), name).toBe(true);
  }
});

test('a fake daemon answers what a real one did', async () => {
  await using daemon = await fakeDaemon({ nodeGetInfo: recorded(nodeGetInfo) });
  await using conn = await connect(daemon.uri);
  expect(await conn.nodeInfo()).toMatchObject({ model: expect.stringMatching(/^\w+$/), memoryKiB: expect.any(BigInt) });
});

test('what was not recorded is said at once', () => {
  expect(() => recorded(domainOpenNamespace)).toThrow('Nothing was recorded of domainOpenNamespace');
});
