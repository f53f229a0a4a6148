import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Host, openHost, type ProgressEvent, type Settings } from '../../src/index.ts';
import { root, type Tiny } from './lab.ts';

/** What a run of the command line said. */
export interface CliResult {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** Put before the program, such as a module for Node to load first. */
  readonly nodeArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Told of the process once it runs. */
  readonly onStart?: (process: ReturnType<typeof spawn>) => void;
}

/** A place of its own for everything a spawner writes, reachable for QEMU's user. */
export interface Workspace extends AsyncDisposable {
  readonly directory: string;
  readonly settings: Settings;
  /** Runs the built command line on this place. */
  cli(args: readonly string[], options?: CliOptions): Promise<CliResult>;
  /** The API on this place. */
  host(options?: { events?: Host['events']; onProgress?: (event: ProgressEvent) => void }): Host;
  /** Writes a specification of the tiny guest; `more` is YAML that follows. Answers its path. */
  spec(name: string, more?: string): Promise<string>;
}

/**
 * On a disk, where a guest's user may look; `/tmp` may be neither. `more` settings hold for the command line and the API.
 */
export async function openWorkspace(tiny: Tiny, more: Partial<Settings> = {}): Promise<Workspace> {
  const directory = await mkdtemp('/var/tmp/spawnkit-test-');
  await chmod(directory, 0o711);
  await mkdir(join(directory, 'specs'));
  const config = join(directory, 'spawner.yaml');
  await writeFile(config, JSON.stringify({ tcgTbCacheMib: 64, ...more }));
  const settings: Settings = {
    uri: 'qemu:///system',
    statePath: join(directory, 'state'),
    instancesPath: join(directory, 'state/instances'),
    imagesType: 'qcow2',
    virtType: 'auto',
    tcgTbCacheMib: 64,
    startTimeoutS: 60,
    vifPluggingTimeoutS: 60,
    vifPluggingIsFatal: true,
    ...more,
  };
  const cli = (args: readonly string[], options?: CliOptions) =>
    runCli(['--state-dir', settings.statePath, '--config', config, ...args], options);
  return {
    directory,
    settings,
    cli,
    host: (options = {}) => openHost({ settings, ...options }),
    async spec(name, more = '') {
      const path = join(directory, 'specs', `${name}.yaml`);
      await writeFile(path, specOf(name, tiny, more));
      return path;
    },
    async [Symbol.asyncDispose]() {
      // What a failed test left running.
      const listed = JSON.parse((await cli(['list', '--json'])).stdout || '[]') as readonly { readonly uuid: string }[];
      if (listed.length > 0) await cli(['delete', ...listed.map(({ uuid }) => uuid)]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A specification of the tiny guest, with an image that is checked. */
export function specOf(name: string, tiny: Tiny, more = ''): string {
  return `name: ${name}
${/^image:/m.test(more) ? '' : `image: { source: ${tiny.image}, sha256: ${tiny.sha256} }`}
${/^kernel:/m.test(more) ? '' : kernelOf(tiny)}
${/^flavor:/m.test(more) ? '' : 'flavor: { memory: 128MiB, disk: 256MiB }'}
${more}`;
}

function kernelOf({ directory }: Tiny): string {
  return `kernel: { source: ${directory}/vmlinuz, ramdisk: ${directory}/initramfs.img, commandLine: console=ttyS0 }`;
}

/** What all names of this run begin with, so short that libvirt's files, which cut names off, still show it. */
export const testPrefix = `t${process.pid}-`;

/** The id of the only instance of this run that is named by Nova's rule; and its name. */
export const novaId = process.pid;
export const novaName = `instance-${novaId.toString(16).padStart(8, '0')}`;

/** A name that no other run of the tests has. */
export function uniqueName(what: string): string {
  return `${testPrefix}${what}-${(counter++).toString(36)}`;
}
let counter = 0;

async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const { nodeArgs = [], env = {}, input, onStart } = options;
  const child = spawn(process.execPath, [...nodeArgs, join(root, 'apps/spawner/dist/cli.js'), ...args], {
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.end(input ?? '');
  onStart?.(child);
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { code, signal, stdout, stderr };
}
