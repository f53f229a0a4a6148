import { type Declaration, positiveInteger } from './declare.ts';

/** What is there, and how to look into it. */
export function declareInspectCommands({ program, run }: Declaration): void {
  program.commandsGroup('Looking at instances:');
  program
    .command('list')
    .alias('ls')
    .description('list instances with their state and addresses')
    .action(() => run(async (cli) => (await import('../commands/list.ts')).list(cli)));
  program
    .command('show')
    .description('show one instance')
    .argument('<instance>', 'name or UUID')
    .action((name: string) => run(async (cli) => (await import('../commands/show.ts')).show(cli, name)));
  program
    .command('events')
    .description('tell what happens to instances, until Ctrl-C')
    .argument('[instance]', 'name or UUID (default: all)')
    .option('-f, --follow', 'as it happens, which is the default')
    .action((name: string | undefined) =>
      run(async (cli) => (await import('../commands/events.ts')).events(cli, name)),
    );
  program
    .command('ssh')
    .description("log in by the system's ssh, at the address where the guest is found")
    .argument('<instance>', 'name or UUID')
    .argument('[command...]', 'behind `--`, what to run there')
    .option('-l, --user <name>', 'who logs in (default: whom the image knows, else you)')
    .option('-i, --identity <file>', 'private key')
    .option('-p, --port <number>', 'of the guest', positiveInteger, 22)
    .action((name: string, command: string[], flags) =>
      run(async (cli) => (await import('../commands/ssh.ts')).ssh(cli, name, command, flags)),
    );
  program
    .command('screenshot')
    .description("keep what the guest's screen shows")
    .argument('<instance>', 'name or UUID')
    .argument('[file]', 'default: the name of the instance, here')
    .action((name: string, file: string | undefined) =>
      run(async (cli) => (await import('../commands/screen.ts')).screenshot(cli, name, file)),
    );
  program
    .command('display')
    .description("print where a viewer connects to the guest's screen")
    .argument('<instance>', 'name or UUID')
    .action((name: string) => run(async (cli) => (await import('../commands/screen.ts')).display(cli, name)));
  program
    .command('console')
    .description('connect to the serial console; Ctrl-] leaves')
    .argument('<instance>', 'name or UUID')
    .option('--force', 'disconnect whoever is connected')
    .action((name: string, flags) =>
      run(async (cli) => (await import('../commands/console.ts')).attachConsole(cli, name, flags)),
    );
  program
    .command('logs')
    .description('print what the serial console has shown')
    .argument('<instance>', 'name or UUID')
    .option('-f, --follow', 'go on until Ctrl-C')
    .option('-n, --lines <count>', 'only the last lines', positiveInteger)
    .action((name: string, flags) => run(async (cli) => (await import('../commands/logs.ts')).logs(cli, name, flags)));
}
