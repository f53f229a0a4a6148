import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { manualFile, spawnerManual } from './spawner-manual.ts';

/** `pnpm man-page`: writes spawner.1 from the program's own table of commands. */
mkdirSync(dirname(manualFile), { recursive: true });
writeFileSync(manualFile, spawnerManual());
