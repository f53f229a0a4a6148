import { type Connection, connect, type LibVersion } from '../../src/index.ts';
import { boot } from './boot.ts';
import { walkDeviceChanges, walkFacts, walkLife, walkTuning } from './domain-calls.ts';
import { fakeAgent } from './fake-agent.ts';
import { walkAgent, walkBlockJobs, walkCheckpoints, walkSaving, walkSnapshots, walkStreams } from './guest-calls.ts';
import { walkEvents, walkHost } from './host-calls.ts';
import { walkMigration } from './migration-calls.ts';
import { walkDevices, walkNetworks, walkSecretsAndFilters } from './object-calls.ts';
import { walkOpening } from './opening-calls.ts';
import { walkStorage } from './storage-calls.ts';
import { type Walk, walk } from './walk.ts';
import { type World, world } from './world.ts';

/** Where to walk. */
export interface Daemon {
  readonly uri: 'test:///default' | 'qemu:///system';
  readonly socket: string;
  /** Directory of the tiny guest. */
  readonly tiny: string;
}

/** Every call of the protocol, made in an order in which it makes sense, against one driver of the lab's daemon. */
export async function walkEverything({ uri, socket, tiny }: Daemon): Promise<Walk> {
  await using conn = await connect(`${uri}?socket=${encodeURIComponent(socket)}`);
  const walked = walk(conn.rpc, releaseOf(conn.libVersion));
  const driver = uri === 'test:///default' ? 'test' : 'qemu';
  const network = await privateNetwork(conn);
  await using _network = { [Symbol.asyncDispose]: () => network.destroy() };
  await using w = await world(conn, walked, { driver, tiny, network: network.name });
  await walkOpening(w, { uri, socket });
  await walkHost(w);
  await walkEvents(w);
  await walkNetworks(w);
  await walkSecretsAndFilters(w);
  await walkStorage(w);
  await walkDevices(w);
  await walkDomains(w);
  return walked;
}

async function walkDomains(w: World): Promise<void> {
  await using _agent = await fakeAgent(`${w.directory}/agent`);
  await walkLife(w);
  await walkSnapshots(w, await w.defined());
  const guest = await w.running();
  if (w.driver === 'qemu') await boot(guest);
  await walkFacts(w, guest);
  await walkTuning(w, guest);
  await walkAgent(w, guest);
  await walkStreams(w, guest);
  await walkDeviceChanges(w, guest);
  await walkCheckpoints(w, guest);
  await walkBlockJobs(w, guest);
  await walkMigration(w, guest);
  await walkSaving(w, await w.running());
}

/** With an address: the test driver of libvirt 9.0.0 dies when it is asked for those of an interface in a network without. */
export async function privateNetwork(conn: Connection) {
  const id = Math.random().toString(16).slice(2, 8);
  return conn.networks.createXml(`<network><name>spawnkit-walk-net-${id}</name><bridge name='wk${id}'/>
      <ip address='192.0.2.17' netmask='255.255.255.240'/></network>`);
}

function releaseOf({ major, minor, micro }: LibVersion): number {
  return major * 1_000_000 + minor * 1000 + micro;
}
