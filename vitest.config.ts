import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longest, in that order. Vitest itself begins with what took longest last time, and on a new machine with the largest file. */
const long = [
  'e2e/rollback-faults',
  'e2e/node-versions',
  'e2e/scenarios',
  'e2e/kubernetes',
  'e2e/cache-generations',
  'e2e/side-effects',
  'e2e/shells',
  'e2e/rollback-modes',
  'e2e/rollback',
  'differential/build-info',
  'e2e/watch-faults',
  'e2e/rollback-modules',
  'e2e/attacks/memory',
  'e2e/attacks/execution',
  'e2e/rollback-corpus',
  'e2e/closed-loop',
  'e2e/blame',
  'e2e/rollback-asks',
  'e2e/discovery',
  'e2e/cache',
  'e2e/kill-storm',
  'e2e/tools',
  'e2e/serve',
  'e2e/attacks/store',
  'e2e/demo',
  'e2e/rules',
  'e2e/repairs-lead-on',
  'e2e/try',
].map((name) => `test/${name}.test.ts`);
for (const name of long)
  if (!existsSync(name)) throw new Error(`${name} is gone: take it from the list of long tests`);

/** The longest first, so that none of them is left for one worker while the other has nothing to do. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const index = long.findIndex((name) => moduleId.endsWith(name));
      return index === -1 ? long.length : index;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

// Limits are for what hangs: a machine at a quarter of the usual speed keeps them all, and whoever waits says what for long before.
// unit: pure and fast, nothing but Node. differential: our reading beside the real go. e2e: the built program with real servers.
export default defineConfig({
  test: {
    // vitest leaves one core alone; on two cores that halves the speed.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 300_000,
          // Removing what a test made counts too.
          hookTimeout: 300_000,
          // A process for each of a hundred files would take longer than the tests.
          isolate: false,
        },
      },
      {
        test: {
          name: 'differential',
          include: ['test/differential/**/*.test.ts'],
          setupFiles: ['test/lab/remove-scratch.ts'],
          globalSetup: ['test/lab/prepare-toolchains.ts'],
          testTimeout: 1_800_000,
          hookTimeout: 1_800_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          setupFiles: ['test/lab/remove-scratch.ts'],
          globalSetup: ['test/lab/prepare-toolchains.ts', 'test/lab/prepare-servers.ts'],
          testTimeout: 1_800_000,
          hookTimeout: 1_800_000,
        },
      },
    ],
  },
});
