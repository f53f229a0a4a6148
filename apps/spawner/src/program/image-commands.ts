import { type Declaration, wholeNumber } from './declare.ts';

/** The image cache. */
export function declareImageCommands({ program, run }: Declaration): void {
  program.commandsGroup('The host:');
  const image = program.command('image').description('look at the image cache, fill it, empty it');
  image
    .command('list')
    .alias('ls')
    .description('list what is cached')
    .option('--catalogue', 'list the names that can be launched')
    .action((flags) => run(async (cli) => (await import('../commands/image.ts')).listImages(cli, flags)));
  image
    .command('pull')
    .description('fetch and check an image, so that a launch finds it')
    .argument('<image>', 'path, address, or a name such as debian/13')
    .option('--sha256 <hex>', 'what its bytes must be')
    .action((name: string, flags) =>
      run(async (cli) => (await import('../commands/image.ts')).pullImage(cli, name, flags)),
    );
  image
    .command('verify')
    .description('read cached images again and compare them with what was fetched')
    .argument('[image...]', 'names or ids (default: all)')
    .action((names: string[]) => run(async (cli) => (await import('../commands/image.ts')).verifyImages(cli, names)));
  image
    .command('inspect')
    .description('say what a file or a cached image is, by its own bytes')
    .argument('<image>', 'path, name or id')
    .action((name: string) =>
      run(async (cli) => (await import('../commands/image.ts')).inspectImageCommand(cli, name)),
    );
  image
    .command('prune')
    .description('remove what no disk uses and nobody has used for long')
    .option('--older-than <hours>', 'since its last use', wholeNumber, 24)
    .option('--dry-run', 'only list it')
    .action((flags) => run(async (cli) => (await import('../commands/image.ts')).pruneImages(cli, flags)));
  image
    .command('rm')
    .description('remove cached images that no disk uses')
    .argument('<image...>', 'names or ids')
    .action((names: string[]) => run(async (cli) => (await import('../commands/image.ts')).removeImages(cli, names)));
}
