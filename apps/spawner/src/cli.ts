#!/usr/bin/env node
import { readFileSync } from 'node:fs';

/** Answered before anything else is loaded: scripts ask for the version often. */
const [first] = process.argv.slice(2);
if (first === '--version' || first === '-V' || first === 'version') {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  process.stdout.write(`${manifest.version}\n`);
} else {
  const { main } = await import('./main.ts');
  process.exitCode = await main(process.argv.slice(2));
}
