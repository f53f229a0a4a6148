import type { CliContext } from '../cli-context.ts';
import { requestFromSpec } from '../request/request.ts';
import { readSpecFiles } from '../spec/read-spec.ts';
import { printFailures } from './each-instance.ts';

/** `spawner validate`: reads specifications and asks the host nothing. Exit code 2 when one is wrong. */
export async function validate(cli: CliContext, paths: readonly string[]): Promise<number | void> {
  const valid: { readonly file: string; readonly name: string }[] = [];
  const failures: unknown[] = [];
  for (const file of paths) {
    try {
      const specs = await readSpecFiles(file, { host: cli.settings });
      valid.push(...specs.map(requestFromSpec).map(({ name }) => ({ file, name })));
    } catch (error) {
      failures.push(error);
    }
  }
  cli.print({ valid }, valid.map(({ file, name }) => `${file}: ${name} is valid`).join('\n'));
  return printFailures(cli, failures);
}
