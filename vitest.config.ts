import { defineConfig } from 'vitest/config';

// unit: pure and fast, nothing but Node. differential: our reading beside the real go. e2e: the built program with real servers.
export default defineConfig({
  test: {
    // vitest leaves one core alone; on two cores that halves the speed.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 60_000,
          // A process for each of a hundred files would take longer than the tests.
          isolate: false,
        },
      },
      {
        test: {
          name: 'differential',
          include: ['test/differential/**/*.test.ts'],
          globalSetup: ['test/lab/prepare-toolchains.ts'],
          testTimeout: 400_000,
          hookTimeout: 240_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/lab/prepare-toolchains.ts', 'test/lab/prepare-servers.ts'],
          testTimeout: 400_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
});
