import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeStoredRequest } from '../../apps/spawner/src/request/stored-request.ts';
import { createRollback } from '../../packages/effects/src/index.ts';
import { connect } from '../../packages/libvirt/src/index.ts';
import { privateDaemon } from '../../packages/libvirt/test/private-daemon.ts';
import { domainXml } from './libvirt-stage.ts';
import { spawner } from './spawn-commands.ts';
import type { SpawnStage } from './spawn-stage.ts';
import { timed } from './statistics.ts';
import type { Contender } from './turns.ts';

const INSTANCES = 1000;
const execute = promisify(execFile);

/** Instances whose domains are defined in libvirt's test driver. Leaving its scope ends the daemon they are in. */
export interface Lists extends AsyncDisposable {
  readonly ours: Contender;
  readonly virsh: Contender;
}

/** `spawner list` of 1,000 instances beside `virsh list --all`, whole processes; the daemon is nobody else's. */
export async function lists({ directory, request }: SpawnStage): Promise<Lists> {
  const place = join(directory, 'many');
  await mkdir(join(place, 'instances'), { recursive: true });
  const daemon = await privateDaemon();
  const uri = `test+unix:///default?socket=${daemon.socket}`;
  // The test driver's host lasts as long as somebody is connected to it.
  const conn = await connect(uri);
  const known = Array.from({ length: INSTANCES }, (_, index) => ({ name: `d${index}`, uuid: randomUUID() }));
  for (const { name, uuid } of known) await conn.domains.define(domainXml(name, uuid));
  await makeKnown({ request }, place, uri, known);
  const list = async () => {
    const { stdout } = await spawner(place, 'list');
    const shown = stdout.match(/ SHUTOFF /g)?.length ?? 0;
    if (shown !== INSTANCES) throw new Error(`spawner list shows ${shown} of ${INSTANCES} instances`);
  };
  return {
    ours: () => timed(list),
    virsh: () => timed(() => execute('virsh', ['--connect', uri, 'list', '--all'])),
    async [Symbol.asyncDispose]() {
      await conn[Symbol.asyncDispose]();
      await daemon[Symbol.asyncDispose]();
    },
  };
}

interface Known {
  readonly name: string;
  readonly uuid: string;
}

/** Instances as a spawn leaves them: a committed journal, and what each was asked to be. */
async function makeKnown(
  { request }: Pick<SpawnStage, 'request'>,
  place: string,
  uri: string,
  known: readonly Known[],
): Promise<void> {
  const [journals, instances] = [join(place, 'journal'), join(place, 'instances')];
  const model: Known = { name: 'model-instance', uuid: randomUUID() };
  const summary = { image: 'tiny', vcpus: 1, memoryMib: 8, networks: ['spawnkit'] };
  const header = { ...model, uri, instancePath: join(instances, model.uuid), imagesType: 'qcow2', summary };
  await using journal = await createRollback({ directory: journals, id: model.uuid, header });
  for (const kind of ['instance-path', 'vif', 'domain', 'launch']) {
    await journal.act(kind, { uuid: model.uuid }, async () => {});
  }
  await journal.commit();
  // One that is written record by record takes a lock, which is a process.
  const path = (uuid: string) => join(journals, `${uuid}.jsonl`);
  const text = await readFile(path(model.uuid), 'utf8');
  for (const { name, uuid } of known) {
    await mkdir(join(instances, uuid));
    await writeStoredRequest(join(instances, uuid), request(name));
    await writeFile(path(uuid), text.replaceAll(model.uuid, uuid).replaceAll(model.name, name), { mode: 0o600 });
  }
  await rm(path(model.uuid));
}
