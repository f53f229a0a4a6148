import { defineConfig } from 'tsup';

/** JavaScript of a package: ESM for the oldest Node we support; the declarations come from tsc (see each package's build script). */
export function preset(entry: string[]) {
  return defineConfig({
    entry,
    format: ['esm'],
    target: 'node22',
    platform: 'node',
    sourcemap: true,
    clean: true,
    splitting: true,
    treeshake: true,
  });
}
