// Loaded first by the tests' own child processes on the oldest Node (NODE_OPTIONS=--import): it runs TypeScript by leaving the
// types out, and does not know `using`. esbuild, which builds the packages, says it in older words.
import { readFileSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';

const workspace = createRequire(new URL('../../package.json', import.meta.url));
const { transformSync } = createRequire(workspace.resolve('tsup'))('esbuild');

registerHooks({
  load(url, context, next) {
    if (!/^file:.*\.ts$/.test(url) || url.includes('/node_modules/')) return next(url, context);
    const { code } = transformSync(readFileSync(new URL(url), 'utf8'), {
      loader: 'ts',
      target: 'node22.18',
      format: 'esm',
    });
    return { format: 'module', source: code, shortCircuit: true };
  },
});
