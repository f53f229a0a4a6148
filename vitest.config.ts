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

/** `unit` touches nothing but temp directories; `integration` talks to the real servers of the lab, one file at a time. */
export default defineConfig({
  test: {
    projects: [
      {
        ...sources,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'tooling/**/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        ...sources,
        test: {
          name: 'integration',
          include: ['packages/*/test/integration/**/*.test.ts', 'apps/*/test/integration/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
