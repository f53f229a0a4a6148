import { createRequire } from 'node:module';
import type { XMLBuilder } from 'xmlbuilder2/lib/interfaces.js';

/**
 * Loading xmlbuilder2 takes several times as long as all the rest: only programs that write pay for it, at their first
 * document.
 */
const require = createRequire(import.meta.url);
let library: { create(): XMLBuilder } | undefined;

/**
 * An empty document to add elements to. Synchronous, as `build` is: an `import()` would make every caller wait.
 *
 * @internal
 */
export function newDocument(): XMLBuilder {
  library ??= require('xmlbuilder2') as { create(): XMLBuilder };
  return library.create();
}
