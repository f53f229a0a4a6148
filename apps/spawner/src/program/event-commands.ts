import { Option } from 'commander';
import type { Declaration } from './declare.ts';

/** What other services tell this host about instances. */
export function declareEventCommands({ program, run }: Declaration): void {
  program.commandsGroup('Events from other services:');
  program
    .command('event')
    .description('tell the spawn that waits for it what has happened; kept for 5 minutes when none waits yet')
    .argument('<instance>', 'name or UUID')
    .argument('<name>', 'such as network-vif-plugged')
    .option('--tag <tag>', 'what it is about: the id of a port')
    .addOption(
      new Option('--status <status>', 'how it went')
        .choices(['completed', 'failed', 'in-progress'])
        .default('completed'),
    )
    .action((instance: string, name: string, flags) =>
      run(async (cli) => (await import('../commands/event.ts')).sendEvent(cli, instance, name, flags)),
    );
  program
    .command('serve-events')
    .description("take events over HTTP as Nova's os-server-external-events does, until Ctrl-C")
    .option('--listen <[address:]port>', 'where', '127.0.0.1:8774')
    .option('--token-file <file>', 'what clients send as X-Auth-Token; needed where other hosts can connect')
    .action((flags) =>
      run(async (cli) => (await import('../commands/serve-events.ts')).serveEventsCommand(cli, flags)),
    );
}
