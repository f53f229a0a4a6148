import type { Command } from 'commander';
import type { CliContext } from '../cli-context.ts';
import { completionScripts, completionsFor, type Shell } from '../program/completion.ts';
import { openHost } from '../host.ts';
import { listInstances } from '../instance/inventory.ts';

/** `spawner completion`: what a shell runs at its start to complete this program. */
export async function completion(shell: Shell): Promise<void> {
  process.stdout.write(completionScripts[shell]);
}

/** `spawner complete`: what may follow these words, one per line. Asks only the journals. */
export async function complete(cli: CliContext, program: Command, words: readonly string[]): Promise<void> {
  await using host = openHost(cli);
  const instanceNames = async () => (await listInstances(host)).map(({ name }) => name);
  const found = await completionsFor(program, words, { instanceNames });
  process.stdout.write(found.map((one) => `${one}\n`).join(''));
}
