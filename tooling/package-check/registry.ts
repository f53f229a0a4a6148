import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { root } from './packed.ts';

/** A registry of npm packages that knows nothing but what is published to it. Leaving its scope ends it. */
export interface Registry extends AsyncDisposable {
  /** An `.npmrc` by which a project has the packages of this workspace from here, and all others as ever. */
  readonly npmrc: string;
  /** The newest published manifest of a package; undefined when there is none. */
  newest(name: string): Promise<Manifest | undefined>;
}

/** What a test wants to know of a package.json. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Starts verdaccio in this process, on a free port of loopback, with its storage below `directory`. */
export async function openRegistry(directory: string): Promise<Registry> {
  const home = execFileSync(join(root, 'tooling/setup/verdaccio'), { encoding: 'utf8' }).trim();
  const verdaccio = createRequire(import.meta.url)(home) as Verdaccio;
  const server = await verdaccio.runServer(configuration(directory));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    // npm publishes only with a token; this registry takes any.
    npmrc: `@spawnkit:registry=http://${host}/\n//${host}/:_authToken=anybody\n`,
    newest: async (name) => await newest(`http://${host}/${name.replace('/', '%2f')}`),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Verdaccio {
  runServer(configuration: object): Promise<Server>;
}

function configuration(directory: string): object {
  return {
    self_path: directory,
    storage: join(directory, 'storage'),
    uplinks: {},
    packages: { '@spawnkit/*': { access: '$all', publish: '$all' } },
    auth: {},
    web: { enable: false },
    log: { type: 'stdout', format: 'pretty', level: 'error' },
  };
}

async function newest(url: string): Promise<Manifest | undefined> {
  const response = await fetch(url);
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`The registry answers ${response.status} to ${url}`);
  const document = (await response.json()) as {
    readonly 'dist-tags': Readonly<Record<string, string>>;
    readonly versions: Readonly<Record<string, Manifest>>;
  };
  return document.versions[document['dist-tags']['latest'] ?? ''];
}
