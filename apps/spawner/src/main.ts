import { Command, CommanderError } from 'commander';
import { exitCodes } from './exit-code.ts';
import { printError } from './output/error.ts';

/** Runs the command line and answers its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const program = new Command('spawner')
    .description(
      'From an image, a flavor and networks to a running libvirt domain, or the host exactly as it was before.',
    )
    .exitOverride();
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    return printError(error);
  }
}
