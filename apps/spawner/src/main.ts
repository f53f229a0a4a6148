import { CommanderError } from 'commander';
import { type CliOptions, openCli } from './cli-context.ts';
import { exitCodes } from './exit-code.ts';
import { printError } from './output/error.ts';
import { buildProgram } from './program/program.ts';

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
