import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * `pnpm conformance AREA [--dir DIR]`: runs the recorded cases of one area. Each area is a module beside this file which
 * exports `run(args)`: it prints its verdicts by `report` and answers the exit code.
 */
const areas = [
  'blockinfo',
  'guestxml',
  'configdrive',
  'injection',
  'images',
  'volumes',
  'network',
  'spawn',
  'corpus',
].filter((area) => existsSync(join(import.meta.dirname, `${area}.ts`)));

const [area, ...args] = process.argv.slice(2);
if (!area || !areas.includes(area)) {
  console.error(`Which area? Known are ${areas.join(', ')}. Usage: pnpm conformance AREA [--dir DIR]`);
  process.exit(2);
}
const module = (await import(`./${area}.ts`)) as { run(args: readonly string[]): Promise<number> };
process.exitCode = await module.run(args);
