import { type Command, Option } from 'commander';
import { waitTargets } from '../wait/wait-targets.ts';
import { type Declaration, positiveInteger, wholeNumber } from './declare.ts';

/** What is done to instances that are there. */
export function declareLifecycleCommands({ program, run }: Declaration): void {
  program.commandsGroup('Changing instances:');
  program
    .command('start')
    .description('start instances; a paused one goes on')
    .argument('<instance...>', 'names or UUIDs')
    .action((names: string[]) => run(async (cli) => (await import('../commands/power.ts')).start(cli, names)));
  withStopOptions(program.command('stop'))
    .description('ask guests to switch themselves off, and wait until they have')
    .argument('<instance...>', 'names or UUIDs')
    .action((names: string[], flags) =>
      run(async (cli) => (await import('../commands/power.ts')).stop(cli, names, flags)),
    );
  withStopOptions(program.command('reboot'))
    .description('stop instances and start them again')
    .argument('<instance...>', 'names or UUIDs')
    .action((names: string[], flags) =>
      run(async (cli) => (await import('../commands/power.ts')).reboot(cli, names, flags)),
    );
  program
    .command('wait')
    .description('wait until an instance is as wanted; it stays, whatever happens')
    .argument('<instance>', 'name or UUID')
    .addOption(
      new Option('--for <what>', 'running; an address; an SSH server; the last line of cloud-init')
        .choices(waitTargets)
        .default('running'),
    )
    .option('--timeout <seconds>', 'how long to wait', positiveInteger, 120)
    .action((name: string, flags) => run(async (cli) => (await import('../commands/wait.ts')).wait(cli, name, flags)));
  withStopOptions(program.command('rescue'))
    .description('boot an instance from another disk, with its own beside it, to repair it')
    .argument('<instance>', 'name or UUID')
    .option('--image <source>', "what to boot (default: the instance's own image, anew)")
    .action((name: string, flags) =>
      run(async (cli) => (await import('../commands/rescue.ts')).rescue(cli, name, flags)),
    );
  withStopOptions(program.command('unrescue'))
    .description('boot a rescued instance from its own disk again')
    .argument('<instance>', 'name or UUID')
    .action((name: string, flags) =>
      run(async (cli) => (await import('../commands/rescue.ts')).unrescue(cli, name, flags)),
    );
  withStopOptions(program.command('rebuild'))
    .description('make the disks of an instance anew; its name, UUID and addresses stay')
    .argument('<instance>', 'name or UUID')
    .option('--image <source>', 'path or http(s) address (default: the image it was made from)')
    .action((name: string, flags) =>
      run(async (cli) => (await import('../commands/rebuild.ts')).rebuild(cli, name, flags)),
    );
  withStopOptions(program.command('resize'))
    .description('give an instance other processors, memory, or a larger root disk')
    .argument('<instance>', 'name or UUID')
    .option('--vcpus <count>', 'number of virtual processors', positiveInteger)
    .option('--memory <size>', 'such as 2GiB')
    .option('--disk <size>', 'of the root disk, which only grows')
    .action((name: string, flags) =>
      run(async (cli) => (await import('../commands/resize.ts')).resize(cli, name, flags)),
    );
  declareDeviceCommands({ program, run });
  declareSnapshotCommands({ program, run });
  program
    .command('autostart')
    .description('let `recover` start instances after a boot of the host')
    .argument('<instance...>', 'names or UUIDs')
    .option('--off', 'no longer')
    .action((names: string[], flags) =>
      run(async (cli) => (await import('../commands/recover.ts')).autostart(cli, names, flags)),
    );
  program
    .command('delete')
    .alias('rm')
    .description('stop instances and remove everything that was made for them')
    .argument('<instance...>', 'names or UUIDs')
    .option('--keep-disks', 'leave the disks where they are')
    .action((names: string[], flags) =>
      run(async (cli) => (await import('../commands/delete.ts')).deleteInstances(cli, names, flags)),
    );
}

function declareDeviceCommands({ program, run }: Declaration): void {
  const attach = program.command('attach').description('give an instance a device more');
  const commands = () => import('../commands/attach.ts');
  attach
    .command('disk')
    .description('make an empty disk, which goes with the instance')
    .argument('<instance>', 'name or UUID')
    .requiredOption('--size <size>', 'such as 10GiB')
    .addOption(new Option('--bus <bus>', 'how the guest sees it').choices(['virtio', 'scsi', 'sata']).default('virtio'))
    .action((name: string, flags) => run(async (cli) => (await commands()).attachDiskCommand(cli, name, flags)));
  attach
    .command('nic')
    .description('a network card')
    .argument('<instance>', 'name or UUID')
    .option('--network <name>', "on one of libvirt's networks")
    .option('--bridge <name>', 'on a bridge')
    .action((name: string, flags) => run(async (cli) => (await commands()).attachNicCommand(cli, name, flags)));
  program
    .command('detach')
    .description('take away what was attached')
    .argument('<instance>', 'name or UUID')
    .argument('<device>', 'name of the disk in the guest, or MAC address')
    .option('--timeout <seconds>', 'how long the guest may take to let go of it', positiveInteger, 30)
    .action((name: string, device: string, flags) =>
      run(async (cli) => (await commands()).detachCommand(cli, name, device, flags)),
    );
}

function declareSnapshotCommands({ program, run }: Declaration): void {
  const snapshot = program.command('snapshot').description('keep what an instance is, and bring it back');
  const on = (name: string, description: string) =>
    snapshot.command(name).description(description).argument('<instance>', 'name or UUID');
  const commands = () => import('../commands/snapshot.ts');
  on('list', 'list the snapshots of an instance').action((name: string) =>
    run(async (cli) => (await commands()).list(cli, name)),
  );
  on('create', 'keep disks, and memory if it runs')
    .argument('<snapshot>', 'its name')
    .action((name: string, one: string) => run(async (cli) => (await commands()).create(cli, name, one)));
  on('revert', 'make the instance what it was')
    .argument('<snapshot>', 'its name')
    .action((name: string, one: string) => run(async (cli) => (await commands()).revert(cli, name, one)));
  on('rm', 'forget a snapshot')
    .argument('<snapshot>', 'its name')
    .action((name: string, one: string) => run(async (cli) => (await commands()).remove(cli, name, one)));
}

/** How a running guest is stopped. */
function withStopOptions(command: Command): Command {
  return command
    .option('--timeout <seconds>', 'how long a guest may take to switch itself off', wholeNumber, 60)
    .option('--force', 'end guests at once, without asking them');
}
