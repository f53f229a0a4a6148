import { expect, test } from 'vitest';
import { modelHost } from '../test/model/model-host.ts';

test('a connection is shared while it lasts, and opened anew when the daemon has gone: an undo needs it', async () => {
  await using opened = await modelHost();
  const { host, model } = opened;
  const first = await host.connect();
  expect(await host.connect()).toBe(first);
  model.fake.disconnect();
  await first.closed;
  const second = await host.connect();
  expect(second).not.toBe(first);
  expect((await second.domains.list()).length).toBe(0);
});
