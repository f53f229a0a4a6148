import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * `pnpm bench NAME [--json] [--rounds N]`: measures one thing side by side with a named peer, interleaved in one run. Each
 * bench is a module beside this file which exports `run(options)`. Only medians and ratios mean something: machines are
 * noisy.
 */
const names = ['spawn', 'guest-config', 'designer', 'configdrive', 'libvirt', 'images'].filter((name) =>
  existsSync(join(import.meta.dirname, `${name}.ts`)),
);
const words = process.argv.slice(2);
const name = words.find((word) => names.includes(word));
const rounds = Number(words[words.indexOf('--rounds') + 1] ?? Number.NaN);
if (!name) {
  console.error(`Which bench? Known are ${names.join(', ')}. Usage: pnpm bench NAME [--json] [--rounds N]`);
  process.exit(2);
}
const module = (await import(`./${name}.ts`)) as {
  run(options: { readonly json: boolean; readonly rounds: number | undefined }): Promise<void>;
};
await module.run({ json: words.includes('--json'), rounds: Number.isInteger(rounds) ? rounds : undefined });
