import { registerHooks } from 'node:module';
import { join } from 'node:path';

/** For scripts that tests run: Node resolves packages to what was built, this to the sources. Import it first. */
registerHooks({
  resolve(specifier, context, next) {
    const name = /^@spawnkit\/([^/]+)$/.exec(specifier)?.[1];
    return next(name ? join(import.meta.dirname, '../..', name, 'src/index.ts') : specifier, context);
  },
});
