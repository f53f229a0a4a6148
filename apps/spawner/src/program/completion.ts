import type { Command } from 'commander';

/** What a completion needs of the instances of the host, asked only where a name is wanted. */
export interface CompletionSource {
  readonly instanceNames: () => Promise<readonly string[]>;
}

export type Shell = 'bash' | 'zsh' | 'fish';
export const shells: readonly Shell[] = ['bash', 'zsh', 'fish'];

/** What a shell runs at its start so that it completes `spawner`: it asks the program itself for what may follow. */
export const completionScripts: Readonly<Record<Shell, string>> = {
  bash: `_spawner() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(spawner complete -- "\${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _spawner spawner
`,
  zsh: `#compdef spawner
_spawner() {
  local -a candidates
  candidates=(\${(f)"$(spawner complete -- "\${words[@]:1:CURRENT-2}" 2>/dev/null)"})
  compadd -a candidates || _files
}
compdef _spawner spawner
`,
  fish: `complete -c spawner -a '(spawner complete -- (commandline -opc)[2..-1] 2>/dev/null)'
`,
};

/**
 * What may follow these words of a command line: commands, the options of the one that was named, the choices of an
 * option, names of instances. Files are the shell's business.
 */
export async function completionsFor(
  program: Command,
  words: readonly string[],
  source: CompletionSource,
): Promise<readonly string[]> {
  const { command, last } = walk(program, words);
  const awaiting = command.options.find(
    ({ long, short, required }) => required && last !== undefined && [long, short].includes(last),
  );
  if (awaiting) return awaiting.argChoices ?? [];
  const subcommands = command.commands.filter((one) => !isHidden(one)).map((one) => one.name());
  const options = command.options.map(({ long, short }) => long ?? short ?? '');
  const wantsInstance = command.registeredArguments.some((one) => one.name().startsWith('instance'));
  return [...subcommands, ...(wantsInstance ? await source.instanceNames() : []), ...options];
}

/** The command that the words name, and the last word, which may be an option that waits for its value. */
function walk(
  program: Command,
  words: readonly string[],
): { readonly command: Command; readonly last: string | undefined } {
  let command = program;
  for (const word of words) {
    command = command.commands.find((one) => one.name() === word || one.aliases().includes(word)) ?? command;
  }
  return { command, last: words.at(-1) };
}

/** What only programs call. */
function isHidden(command: Command): boolean {
  return command.name() === 'complete';
}
