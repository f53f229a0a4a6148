import { type Logger, silentLogger } from '@spawnkit/effects';
import { SpawnerError } from './errors.ts';
import { exitCodes } from './exit-code.ts';
import { toJson } from './output/json.ts';
import { type ProgressStyle, progressPrinter } from './output/progress.ts';
import type { OnProgress } from './progress.ts';
import { readSettings, type Settings } from './settings.ts';

/** Options before the command. */
export interface CliOptions {
  readonly uri?: string;
  readonly stateDir?: string;
  readonly instancesDir?: string;
  readonly config?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** What every command works with. */
export interface CliContext {
  readonly settings: Settings;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly log: Logger;
  readonly onProgress: OnProgress;
  /** Aborts with `INTERRUPTED` at Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** Prints a command's result on stdout: the value with `--json`, its text for people otherwise. */
  print(value: unknown, text: string): void;
  close(): void;
}

/** Reads the settings and takes over signals, until `close`. */
export async function openCli(options: CliOptions): Promise<CliContext> {
  const settings = await readSettings({
    env: process.env,
    uid: process.getuid?.() ?? 0,
    configFile: options.config,
    flags: {
      ...(options.uri ? { uri: options.uri } : {}),
      ...(options.stateDir ? { statePath: options.stateDir } : {}),
      ...(options.instancesDir ? { instancesPath: options.instancesDir } : {}),
    },
  });
  const progress = progressPrinter(styleOf(options));
  const { signal, release } = interruptSignal();
  return {
    settings,
    json: options.json ?? false,
    verbose: options.verbose ?? false,
    // Loaded when it is wanted: it costs as much as the rest of the start.
    log: options.verbose ? (await import('./output/logger.ts')).jsonLogger() : silentLogger,
    onProgress: progress.onProgress,
    signal,
    print(value, text) {
      progress.end();
      const shown = options.json ? toJson(value, 2) : text;
      if (shown) process.stdout.write(shown.endsWith('\n') ? shown : `${shown}\n`);
    },
    close() {
      progress.end();
      release();
    },
  };
}

function styleOf({ json, quiet, verbose }: CliOptions): ProgressStyle {
  if (quiet) return 'quiet';
  if (json) return 'json';
  return process.stderr.isTTY && !verbose ? 'terminal' : 'plain';
}

/** The first signal begins the way back; the second one leaves it to `gc`, which finds in the journals where it ended. */
function interruptSignal(): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController();
  const interrupt = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) {
      process.stderr.write('\nleft as it is; `spawner gc` takes back the rest\n');
      process.exit(exitCodes.residue);
    }
    controller.abort(new SpawnerError('INTERRUPTED', `Interrupted by ${name}`));
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return {
    signal: controller.signal,
    release() {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', interrupt);
    },
  };
}
