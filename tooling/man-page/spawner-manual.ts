import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildProgram } from '../../apps/spawner/src/program/program.ts';
import { type Block, manualPage } from './roff.ts';

// commander's, which is the app's and not the workspace's.
type Command = ReturnType<typeof buildProgram>;
type Help = ReturnType<Command['createHelp']>;

const app = join(import.meta.dirname, '../../apps/spawner');

/** Where the page lies, as it is published. */
export const manualFile = join(app, 'man/spawner.1');

/** `spawner.1`: what the program says of its commands, and what its README says of exit codes and settings. */
export function spawnerManual(): string {
  const program = buildProgram(() => Promise.resolve());
  const help = program.createHelp();
  const readme = readFileSync(join(app, 'README.md'), 'utf8');
  return manualPage('spawner', [
    { section: 'NAME' },
    { text: 'spawner - from an image, a flavor and networks to a running libvirt domain' },
    { section: 'SYNOPSIS' },
    { text: '`spawner` [options] command [arguments]' },
    { section: 'DESCRIPTION' },
    { text: program.description() },
    {
      text:
        'Whatever ends a command, at once or after `spawner gc` the host is as it was: each step stands in a journal, ' +
        'with how to take it back, before it happens.',
    },
    { text: 'An instance is named by its name, its UUID, or the beginning of its UUID.' },
    { section: 'OPTIONS' },
    { text: 'They stand before the command or behind it.' },
    ...options(help, program, 0),
    { section: 'COMMANDS' },
    ...groups(help, program),
    { section: 'EXIT STATUS' },
    ...tableOf(readme, '## Exit codes').map(([code = '', means = '']): Block => ({ term: code, text: means })),
    { section: 'FILES' },
    ...files,
    { section: 'ENVIRONMENT' },
    ...environment,
    { section: 'SETTINGS' },
    {
      text: 'In order of precedence: options, the environment, the configuration file, and what is built in. Keys of the file:',
    },
    ...tableOf(readme, '## Where things lie').map(
      ([keys = '', means = '', usual = '']): Block => ({
        term: keys.replaceAll('`', ''),
        text: `${means.replace('see below', "see the package's README")}${usual ? `; default: ${usual}` : ''}`,
      }),
    ),
    { section: 'EXAMPLES' },
    ...examples,
    { section: 'SEE ALSO' },
    { text: '`virsh`(1), `qemu-img`(1), `cloud-init`(1)' },
  ]);
}

const files: readonly Block[] = [
  {
    term: '/var/lib/spawnkit',
    text: 'journals, locks, instances and the image cache of root; `~/.local/state/spawnkit` for others',
  },
  { term: '/etc/spawnkit/spawner.yaml', text: 'configuration of root; `~/.config/spawnkit/spawner.yaml` for others' },
];

const environment: readonly Block[] = [
  { term: 'SPAWNKIT_URI, LIBVIRT_DEFAULT_URI', text: 'as `--uri`; the first wins' },
  { term: 'SPAWNKIT_STATE', text: 'as `--state-dir`' },
  { term: 'SPAWNKIT_INSTANCES', text: 'as `--instances-dir`' },
  { term: 'SPAWNKIT_CONFIG', text: 'as `--config`' },
  { term: 'OS_TOKEN', text: 'opens an image service of OpenStack, for images named `glance+http://HOST:9292/ID`' },
];

const examples: readonly Block[] = [
  { text: 'Is this host fit, and if not, what would help?' },
  { lines: ['spawner doctor'] },
  { text: 'A guest from a file, until it can be reached, a shell in it, its end:' },
  {
    lines: [
      'spawner launch --name web --image debian.qcow2 --memory 2GiB --disk 20GiB --network default',
      'spawner wait web --for ssh',
      'spawner ssh web',
      'spawner delete web',
    ],
  },
  { text: 'What a launch would do, with the XML, touching nothing:' },
  { lines: ['spawner plan web.yaml'] },
];

/** Commands under the headings that the program's help has. */
function groups(help: Help, program: Command): readonly Block[] {
  const shown = help.visibleCommands(program).filter((command) => command.name() !== 'help');
  const headings = [...new Set(shown.map((command) => command.helpGroup()))];
  return headings.flatMap((heading) => [
    { part: (heading ?? '').replace(/:$/, '') },
    ...shown.filter((command) => command.helpGroup() === heading).flatMap((command) => entries(help, command, '')),
  ]);
}

/** A command, or, where it has some of its own, those. */
function entries(help: Help, command: Command, before: string): readonly Block[] {
  const inside = help.visibleCommands(command).filter((one) => one.name() !== 'help');
  if (inside.length > 0) return inside.flatMap((one) => entries(help, one, `${before}${command.name()} `));
  const usage = `${before}${command.name()} ${command.usage().replace('[options] ', '').replace('[options]', '')}`;
  return [
    { term: usage.trim(), text: sentence(help.subcommandDescription(command)) },
    ...help
      .visibleArguments(command)
      .map((one): Block => ({ term: help.argumentTerm(one), text: help.argumentDescription(one), level: 1 })),
    ...options(help, command, 1),
  ];
}

function options(help: Help, command: Command, level: number): readonly Block[] {
  return help
    .visibleOptions(command)
    .filter((option) => option.long !== '--help')
    .map((option) => ({ term: help.optionTerm(option), text: help.optionDescription(option), level }));
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Rows of the first table below a heading of the README. */
function tableOf(readme: string, heading: string): readonly (readonly string[])[] {
  const below = readme.slice(readme.indexOf(`${heading}\n`));
  const rows = /(?:^\|.*\n)+/m.exec(below)?.[0].trimEnd().split('\n').slice(2) ?? [];
  if (!below.startsWith(heading) || rows.length === 0) throw new Error(`README.md has no table below "${heading}"`);
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
