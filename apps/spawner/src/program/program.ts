import { Command } from 'commander';
import type { CliOptions } from '../cli-context.ts';
import { declareEventCommands } from './event-commands.ts';
import { declareHostCommands } from './host-commands.ts';
import { declareImageCommands } from './image-commands.ts';
import { declareInspectCommands } from './inspect-commands.ts';
import { declareLifecycleCommands } from './lifecycle-commands.ts';
import { declareSpawnCommands } from './spawn-commands.ts';
import type { Within } from './declare.ts';

/** The command line: options, commands, help. */
export function buildProgram(within: Within): Command {
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
  const declaration = { program, run: (command: Parameters<Within>[1]) => within(program.opts<CliOptions>(), command) };
  declareSpawnCommands(declaration);
  declareLifecycleCommands(declaration);
  declareInspectCommands(declaration);
  declareEventCommands(declaration);
  declareImageCommands(declaration);
  declareHostCommands(declaration);
  return program;
}

const exitCodeHelp = `Exit codes: 0 success, 1 bug, 2 usage or specification, 3 not found, 4 exists, 5 host not ready, 6 image,
7 storage or capacity, 8 hypervisor refused, 9 wait timed out (instance kept), 10 rolled back but residue left,
75 temporary (daemon unreachable, busy), 130 interrupted and rolled back.`;
