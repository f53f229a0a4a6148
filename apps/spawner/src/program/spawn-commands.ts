import type { Command } from 'commander';
import { type Declaration, positiveInteger } from './declare.ts';

/** From a specification to an instance, or to what it would be. */
export function declareSpawnCommands({ program, run }: Declaration): void {
  program.commandsGroup('Making instances:');
  withSpecOptions(program.command('launch'))
    .description('spawn an instance from a specification, and wait until it runs')
    .option('--wait-for <text>', 'return only when the console has shown this text')
    .option('--wait-timeout <seconds>', 'how long to wait for it', positiveInteger, 120)
    .option('--dry-run', 'the same as `plan`')
    .action((spec: string | undefined, flags) =>
      run(async (cli) => (await import('../commands/launch.ts')).launch(cli, spec, flags)),
    );
  withSpecOptions(program.command('create'))
    .description('as `launch`, but leave the guest off; `start` starts it')
    .option('--dry-run', 'the same as `plan`')
    .action((spec: string | undefined, flags) =>
      run(async (cli) => (await import('../commands/launch.ts')).create(cli, spec, flags)),
    );
  program
    .command('apply')
    .description('launch what specifications ask for, and leave alone what is so already')
    .requiredOption('-f, --file <file...>', 'YAML or JSON, many specifications divided by `---`; `-` reads stdin')
    .option('--recreate', 'delete and launch anew what another specification made')
    .option('--prune', 'delete what an earlier apply of the same set made and is specified no more')
    .option('--set <name>', 'what belongs together for --prune (default: the path of the first file)')
    .option('--dry-run', 'only say what would be done')
    .action((flags) => run(async (cli) => (await import('../commands/apply.ts')).applyCommand(cli, flags)));
  program
    .command('validate')
    .description('check specifications; asks the host nothing')
    .argument('<spec...>', 'YAML or JSON files; `-` reads stdin')
    .action((paths: string[]) => run(async (cli) => (await import('../commands/validate.ts')).validate(cli, paths)));
  program
    .command('schema')
    .description('print the JSON Schema of specifications')
    .action(() => run(async () => (await import('../commands/schema.ts')).printSchema()));
  program
    .command('plan')
    .description('show what a launch would do; touches nothing; -v shows where each value comes from')
    .argument('<spec>', 'YAML or JSON file; `-` reads stdin')
    .action((spec: string) => run(async (cli) => (await import('../commands/plan.ts')).planCommand(cli, spec)));
  program
    .command('xml')
    .description("print an instance's XML as libvirt has it, or the one that a specification would define")
    .argument('<instance-or-spec>', 'name, UUID, or a specification file')
    .option('--inactive', 'of the persistent definition')
    .action((name: string, flags) => run(async (cli) => (await import('../commands/xml.ts')).xml(cli, name, flags)));
}

/** A specification, options in its place, or both. */
function withSpecOptions(command: Command): Command {
  return command
    .argument('[spec]', 'YAML or JSON file; `-` reads stdin')
    .option('--nova <file>', 'JSON with what Nova hands its driver, instead of a specification')
    .option('--name <name>', 'instead of the one in the specification')
    .option('--profile <name>', "of the host's configuration, for what is left open")
    .option('--image <source>', 'path, address, or a name such as debian/13')
    .option('--memory <size>', 'such as 512MiB')
    .option('--vcpus <count>', 'number of virtual processors', positiveInteger)
    .option('--disk <size>', 'size of the root disk, such as 10GiB')
    .option('--network <name...>', "libvirt networks; `user` is QEMU's user networking")
    .option('--port <host:guest...>', 'ports of this host that lead into the guest, with --network user');
}
