import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { type CliOptions, openCli } from './cli-context.ts';
import { exitCodes } from './exit-code.ts';
import { printError } from './output/error.ts';

/** Runs the command line and answers its exit code. Commands are loaded when they are asked for. */
export async function main(args: readonly string[]): Promise<number> {
  let exitCode: number = exitCodes.ok;
  const program = buildProgram(async (options, run) => {
    const cli = await openCli(options);
    try {
      exitCode = (await run(cli)) ?? exitCodes.ok;
    } finally {
      cli.close();
    }
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    return printError(error, { json: program.opts<CliOptions>().json ?? false });
  }
}

type Cli = Awaited<ReturnType<typeof openCli>>;
type Within = (options: CliOptions, run: (cli: Cli) => Promise<number | void>) => Promise<void>;

function buildProgram(within: Within): Command {
  const program = new Command('spawner')
    .description(
      'From an image, a flavor and networks to a running libvirt domain, or the host exactly as it was before.',
    )
    .option('--uri <uri>', 'libvirt connection URI (default: qemu:///system for root, qemu:///session for others)')
    .option('--state-dir <path>', 'where journals and locks lie')
    .option('--instances-dir <path>', 'where instances and the image cache lie')
    .option('--config <file>', 'configuration file (default: /etc/spawnkit/spawner.yaml or ~/.config/spawnkit/)')
    .option('--json', 'results as JSON on stdout, progress and errors as JSON lines on stderr')
    .option('-q, --quiet', 'no progress')
    .option('-v, --verbose', 'log what is done, as JSON lines on stderr')
    .option('-V, --version', 'print the version')
    .showHelpAfterError('(try `spawner --help`)')
    .exitOverride()
    .addHelpText('after', `\n${exitCodeHelp}`);
  const options = () => program.opts<CliOptions>();

  program
    .command('launch')
    .description('spawn an instance from a specification, and wait until it runs')
    .argument('[spec]', 'YAML or JSON file; `-` reads stdin')
    .addOption(new Option('--name <name>', 'instead of the one in the specification'))
    .option('--image <source>', 'path or http(s) address of the image')
    .option('--memory <size>', 'such as 512MiB')
    .option('--vcpus <count>', 'number of virtual processors', positiveInteger)
    .option('--disk <size>', 'size of the root disk, such as 10GiB')
    .option('--network <name...>', "libvirt networks; `user` is QEMU's user networking")
    .option('--wait-for <text>', 'return only when the console has shown this text')
    .option('--wait-timeout <seconds>', 'how long to wait for it', positiveInteger, 120)
    .option('--dry-run', 'the same as `plan`')
    .action((spec: string | undefined, flags) =>
      within(options(), async (cli) => (await import('./commands/launch.ts')).launch(cli, spec, flags)),
    );
  program
    .command('plan')
    .description('show what a launch would do; touches nothing')
    .argument('<spec>', 'YAML or JSON file; `-` reads stdin')
    .action((spec: string) =>
      within(options(), async (cli) => (await import('./commands/plan.ts')).planCommand(cli, spec)),
    );
  program
    .command('xml')
    .description("print an instance's XML as libvirt has it, or the one that a specification would define")
    .argument('<instance-or-spec>', 'name, UUID, or a specification file')
    .option('--inactive', 'of the persistent definition')
    .action((name: string, flags) =>
      within(options(), async (cli) => (await import('./commands/xml.ts')).xml(cli, name, flags)),
    );
  program
    .command('list')
    .alias('ls')
    .description('list instances with their state')
    .action(() => within(options(), async (cli) => (await import('./commands/list.ts')).list(cli)));
  program
    .command('show')
    .description('show one instance')
    .argument('<instance>', 'name or UUID')
    .action((name: string) => within(options(), async (cli) => (await import('./commands/show.ts')).show(cli, name)));
  program
    .command('console')
    .description('connect to the serial console; Ctrl-] leaves')
    .argument('<instance>', 'name or UUID')
    .option('--force', 'disconnect whoever is connected')
    .action((name: string, flags) =>
      within(options(), async (cli) => (await import('./commands/console.ts')).attachConsole(cli, name, flags)),
    );
  program
    .command('logs')
    .description('print what the serial console has shown')
    .argument('<instance>', 'name or UUID')
    .option('-f, --follow', 'go on until Ctrl-C')
    .option('-n, --lines <count>', 'only the last lines', positiveInteger)
    .action((name: string, flags) =>
      within(options(), async (cli) => (await import('./commands/logs.ts')).logs(cli, name, flags)),
    );
  program
    .command('delete')
    .alias('rm')
    .description('stop instances and remove everything that was made for them')
    .argument('<instance...>', 'names or UUIDs')
    .action((names: string[]) =>
      within(options(), async (cli) => (await import('./commands/delete.ts')).deleteInstances(cli, names)),
    );
  program
    .command('gc')
    .description('take back what interrupted spawns and deletes left')
    .option('--dry-run', 'only list it')
    .action((flags) => within(options(), async (cli) => (await import('./commands/gc.ts')).gc(cli, flags)));
  program
    .command('doctor')
    .description('check whether this host can spawn, and say how to mend what is missing')
    .action(() => within(options(), async (cli) => (await import('./commands/doctor.ts')).doctor(cli)));
  return program;
}

const exitCodeHelp = `Exit codes: 0 success, 1 bug, 2 usage or specification, 3 not found, 4 exists, 5 host not ready, 6 image,
7 storage or capacity, 8 hypervisor refused, 9 wait timed out (instance kept), 10 rolled back but residue left,
75 temporary (daemon unreachable, busy), 130 interrupted and rolled back.`;

function positiveInteger(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('expected a whole number above 0');
}
