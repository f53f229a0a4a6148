import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { buildConfigDrive, configDriveFiles, type DriveFile } from '../../packages/configdrive/src/index.ts';
import { hostExec } from '../../packages/effects/src/index.ts';
import { parseInstance, parseNetworkInfo } from '../../packages/instance/src/index.ts';
import { round, timed, timing } from './statistics.ts';

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
export async function run({ json, rounds = DEFAULT_ROUNDS }: { json: boolean; rounds: number | undefined }) {
  // On a real disk: fsync costs nothing on a tmpfs.
  const directory = await mkdtemp('/var/tmp/spawnkit-bench-');
  try {
    const result = await measure(directory, rounds);
    console.log(json ? JSON.stringify(result, null, 2) : asText(result));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function measure(directory: string, rounds: number) {
  const exec = hostExec();
  const tree = join(directory, 'tree');
  await writeTree(tree, drive());
  const ours: number[] = [];
  const bare: number[] = [];
  const path = join(directory, 'disk.config');
  const turns = [
    async () => ours.push(await timed(() => buildConfigDrive({ files: drive(), path, format: 'iso9660', exec }))),
    async () => bare.push(await timed(() => bareIso(join(directory, 'bare'), tree))),
  ];
  for (let index = 0; index < rounds; index++) {
    for (const turn of index % 2 === 0 ? turns : turns.toReversed()) await turn();
  }
  return {
    machine: `${cpus().length} × ${cpus()[0]?.model.trim()}, load ${round(loadavg()[0] ?? 0)}`,
    rounds,
    files: drive().length,
    ours: timing(ours),
    bare: timing(bare),
    ratio: round(timing(ours).median / timing(bare).median),
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

function asText({ machine, rounds, files, ours, bare, ratio }: Awaited<ReturnType<typeof measure>>): string {
  const row = (name: string, { median, best, p90 }: typeof ours) =>
    `${name.padEnd(34)} median ${String(median).padStart(8)} ms   best ${String(best).padStart(8)}   p90 ${String(p90).padStart(8)}`;
  return [
    `config drive of ${files} files, ${rounds} interleaved rounds on ${machine}`,
    row('spawnkit: buildConfigDrive', ours),
    row('bare genisoimage, same tree', bare),
    `ratio ${ratio} (goal: at most 1.5)`,
  ].join('\n');
}
