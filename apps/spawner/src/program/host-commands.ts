import { Argument } from 'commander';
import { type Shell, shells } from './completion.ts';
import type { Declaration } from './declare.ts';

/** What concerns the host as a whole. */
export function declareHostCommands({ program, run }: Declaration): void {
  program.commandsGroup('The host:');
  program
    .command('gc')
    .description('take back what interrupted commands left')
    .option('--dry-run', 'only list it')
    .action((flags) => run(async (cli) => (await import('../commands/gc.ts')).gc(cli, flags)));
  program
    .command('recover')
    .description('after a boot of the host: take back what it interrupted, start what is to run')
    .action(() => run(async (cli) => (await import('../commands/recover.ts')).recover(cli)));
  program
    .command('doctor')
    .description('check whether this host can spawn, and say how to mend what is missing')
    .argument('[check...]', 'only these points (default: all)')
    .option('--fix', 'repair what can be repaired without asking')
    .action((checks: string[], flags) =>
      run(async (cli) => (await import('../commands/doctor.ts')).doctor(cli, checks, flags)),
    );
  program
    .command('completion')
    .description('print what lets a shell complete this program: eval "$(spawner completion bash)"')
    .addArgument(new Argument('<shell>', 'which').choices(shells))
    .action((shell: Shell) => run(async () => (await import('../commands/completion.ts')).completion(shell)));
  program
    .command('complete', { hidden: true })
    .description('print what may follow these words')
    .argument('[word...]', 'behind `--`')
    .action((words: string[]) =>
      run(async (cli) => (await import('../commands/completion.ts')).complete(cli, program, words)),
    );
  // Answered before anything is loaded; here so that the help has it.
  program
    .command('version')
    .description('print the version')
    .action(() => {});
}
