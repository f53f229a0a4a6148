import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Tests see the sources of the other packages, never an old build. */
const sources = {
  resolve: {
    alias: [
      { find: /^@spawnkit\/([^/]+)$/, replacement: join(import.meta.dirname, 'packages/$1/src/index.ts') },
      {
        find: /^@spawnkit\/([^/]+)\/testing$/,
        replacement: join(import.meta.dirname, 'packages/$1/src/testing/index.ts'),
      },
      { find: /^@spawnkit\/([^/]+)\/([^/]+)$/, replacement: join(import.meta.dirname, 'packages/$1/src/$2.ts') },
    ],
  },
};

/** Tests that talk to the real servers of the lab, one file at a time. */
const real = { fileParallelism: false, testTimeout: 180_000, hookTimeout: 180_000 };

/**
 * `unit` touches nothing but temp directories; `integration` talks to real servers; so does `more`, which needs further
 * servers or much time, and is run by `./test --all` only; beside it runs `uml`, what happens in user-mode Linux alone.
 */
export default defineConfig({
  test: {
    projects: [
      {
        ...sources,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'tooling/**/*.test.ts'],
          exclude: ['**/node_modules/**', 'tooling/*/more/**'],
          testTimeout: 20_000,
        },
      },
      {
        ...sources,
        test: {
          name: 'integration',
          include: ['packages/*/test/integration/**/*.test.ts', 'apps/*/test/integration/**/*.test.ts'],
          ...real,
        },
      },
      {
        ...sources,
        test: {
          name: 'more',
          include: [
            'packages/*/test/more/**/*.test.ts',
            'apps/*/test/more/**/*.test.ts',
            'tooling/*/more/**/*.test.ts',
          ],
          ...real,
        },
      },
      {
        ...sources,
        test: {
          name: 'uml',
          include: ['packages/*/test/in-uml/**/*.test.ts', 'apps/*/test/in-uml/**/*.test.ts'],
          ...real,
        },
      },
    ],
  },
});
