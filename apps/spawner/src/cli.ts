#!/usr/bin/env node
import { readFileSync } from 'node:fs';

/** What `engines` in package.json asks for. */
const OLDEST_NODE = [22, 18] as const;
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

/** Answered before anything else is loaded: scripts ask for the version often. */
const [first] = process.argv.slice(2);
if (first === '--version' || first === '-V' || first === 'version') {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  process.stdout.write(`${manifest.version}\n`);
} else if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
  process.stderr.write(`error: spawner needs Node ${OLDEST_NODE.join('.')} or newer; this is ${process.version}\n`);
  process.exitCode = 5;
} else {
  const { main } = await import('./main.ts');
  process.exitCode = await main(process.argv.slice(2));
}
