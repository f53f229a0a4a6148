import { defineConfig } from 'vitest/config';

const paths = { resolve: { tsconfigPaths: true } };

/** `unit` touches nothing but temp directories; `integration` talks to the real servers of the lab, one file at a time. */
export default defineConfig({
  test: {
    projects: [
      {
        ...paths,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'tooling/**/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        ...paths,
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
