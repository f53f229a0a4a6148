import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { buildConfigDrive, configDriveFiles, type DriveFile } from '../../packages/configdrive/src/index.ts';
import { hostExec } from '../../packages/effects/src/index.ts';
import { parseInstance, parseNetworkInfo } from '../../packages/instance/src/index.ts';
import type { BenchOptions, Report } from './report.ts';
import { timed } from './statistics.ts';
import { inTurns } from './turns.ts';

const DEFAULT_ROUNDS = 60;
const execute = promisify(execFile);
/** Nova's. */
const isoOptions = [
  '-ldots',
  '-allow-lowercase',
  '-allow-multidot',
  '-l',
  '-publisher',
  'spawnkit',
  '-quiet',
  '-J',
  '-r',
];

/**
 * Our building of a drive (metadata laid out, files staged, genisoimage, 0600, synced, renamed, staging removed) beside a
 * bare genisoimage that is given a finished tree of the same files and writes without syncing.
 */
export async function run({ rounds = DEFAULT_ROUNDS }: BenchOptions): Promise<Report> {
  // On a real disk: fsync costs nothing on a tmpfs.
  const directory = await mkdtemp('/var/tmp/spawnkit-bench-');
  try {
    return await measure(directory, rounds);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function measure(directory: string, rounds: number): Promise<Report> {
  const exec = hostExec();
  const tree = join(directory, 'tree');
  await writeTree(tree, drive());
  const path = join(directory, 'disk.config');
  const times = await inTurns(
    [
      { ours: () => timed(() => buildConfigDrive({ files: drive(), path, format: 'iso9660', exec })) },
      { bare: () => timed(() => bareIso(join(directory, 'bare'), tree)) },
    ],
    rounds,
  );
  return {
    what: `A config drive of ${drive().length} files. ${rounds} interleaved rounds, medians.`,
    figures: [
      {
        what: 'laid out, built, synced, in its place',
        unit: 'ms',
        ours: times.ours,
        peer: { name: 'bare genisoimage of the same tree, not synced', theirs: times.bare },
        goal: { ratioAtMost: 1.5 },
      },
    ],
  };
}

function bareIso(image: string, tree: string) {
  return execute('genisoimage', ['-o', image, ...isoOptions, '-V', 'config-2', tree]);
}

async function writeTree(tree: string, files: readonly DriveFile[]): Promise<void> {
  for (const file of files) {
    await mkdir(dirname(join(tree, file.path)), { recursive: true });
    await writeFile(join(tree, file.path), file.content);
  }
}

/** What a usual instance gets: a key, a network, user data and an injected file. */
function drive(): readonly DriveFile[] {
  return configDriveFiles({
    instance: parseInstance({
      id: 1,
      uuid: '01234567-89ab-cdef-0123-456789abcdef',
      hostname: 'web',
      memory_mb: 512,
      vcpus: 1,
      flavor: { name: 'm1.small', vcpus: 1, memory_mb: 512 },
    }),
    networkInfo: parseNetworkInfo([
      {
        id: 'port',
        address: 'fa:16:3e:00:00:01',
        type: 'bridge',
        network: {
          id: 'net',
          subnets: [
            { cidr: '192.0.2.0/24', version: 4, gateway: { address: '192.0.2.1' }, ips: [{ address: '192.0.2.9' }] },
          ],
        },
      },
    ]),
    keypairs: [{ name: 'k', publicKey: `ssh-ed25519 ${'A'.repeat(68)} me@example.org` }],
    userData: '#cloud-config\npackages: [curl]\n',
    files: [{ path: '/etc/motd', content: 'hello\n' }],
    randomSeed: randomBytes,
  });
}
