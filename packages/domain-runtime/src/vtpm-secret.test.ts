import { Secret } from '@spawnkit/effects';
import { connect } from '@spawnkit/libvirt';
import { DaemonError, fakeDaemon } from '@spawnkit/libvirt/testing';
import { expect, test } from 'vitest';
import { createVtpmSecret, removeSecret } from './vtpm-secret.ts';

const uuid = '09090909-0909-0909-0909-090909090909';
const handle = { uuid: new Uint8Array(16).fill(9), usageType: 5, usageID: 'instance-1' };

test('createVtpmSecret keeps the value out of libvirt’s files and of the definition, and removeSecret can be repeated', async () => {
  let isThere = false;
  await using daemon = await fakeDaemon({
    secretDefineXml() {
      isThere = true;
      return { secret: handle };
    },
    secretSetValue: () => undefined,
    secretLookupByUuid() {
      if (!isThere) throw new DaemonError('NO_SECRET', 'no secret with that uuid');
      return { secret: handle };
    },
    secretUndefine() {
      isThere = false;
      return undefined;
    },
  });
  await using conn = await connect(daemon.uri);
  await createVtpmSecret(conn, { uuid, instanceUuid: 'instance-1', passphrase: new Secret('correct horse') });
  const [defined] = daemon.callsOf('secretDefineXml');
  expect(defined?.xml).toMatch(/ephemeral='yes' private='yes'/);
  expect(defined?.xml).toContain(`<uuid>${uuid}</uuid>`);
  expect(defined?.xml).toContain("<usage type='vtpm'><name>instance-1</name></usage>");
  expect(defined?.xml).not.toContain('horse');
  expect(Buffer.from(daemon.callsOf('secretSetValue')[0]?.value ?? []).toString()).toBe('correct horse');
  for (const _ of [1, 2]) await removeSecret(conn, uuid);
  expect(daemon.callsOf('secretUndefine')).toHaveLength(1);
});
